import { type Namespace, namespace } from '../api/core/namespace.ts'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { controller, watching } from '../client/controller.ts'
import { isNamespaceTerminating } from './shared/replicas.ts'

const NAME = 'default'

/** Gives every namespace its default service account (upstream pkg/controller/serviceaccount). */
export const serviceAccountController = controller({
  name: 'service-account',
  for: namespace,
  watches: [
    watching(serviceAccount, (object, previous) =>
      !object && previous?.metadata.name === NAME ? [previous.metadata.namespace!] : [],
    ),
  ],
  writes: [{ kind: serviceAccount as unknown as Kind, verbs: ['create'] }],

  async reconcile({ metadata, status }: Namespace, { client, informer }) {
    if (metadata.deletionTimestamp || status.phase !== 'Active') return
    if (informer(serviceAccount).get(`${metadata.name}/${NAME}`)) return
    try {
      await client.create(serviceAccount, { metadata: { name: NAME, namespace: metadata.name } })
    } catch (error) {
      if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error
    }
  },
})
