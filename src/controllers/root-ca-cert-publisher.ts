import { configMap } from '../api/core/configmap.ts'
import { type Namespace, namespace } from '../api/core/namespace.ts'
import { isReason } from '../apimachinery/errors.ts'
import { deepEqual } from '../apimachinery/json.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, watching } from '../client/controller.ts'
import { isNamespaceTerminating } from './shared/replicas.ts'

const NAME = 'kube-root-ca.crt'
const DESCRIPTION = 'kubernetes.io/description'
const TEXT = "The cluster's certificate authority, by which pods know that the API server is the right one."

/** Puts the cluster's certificate authority (PEM) into every namespace, for pods (upstream pkg/controller/certificates/rootcacertpublisher). */
export const rootCaCertPublisher = (ca: string): Controller =>
  controller({
    name: 'root-ca-cert-publisher',
    account: 'root-ca-cert-publisher',
    for: namespace,
    watches: [
      watching(configMap, (object, previous) => {
        const { name, namespace } = (object ?? previous)!.metadata
        return name === NAME ? [namespace!] : []
      }),
    ],
    writes: [{ kind: configMap as unknown as Kind, verbs: ['create', 'update'] }],

    async reconcile({ metadata, status }: Namespace, { client, informer }) {
      if (metadata.deletionTimestamp || status.phase !== 'Active') return
      const data = { 'ca.crt': ca }
      const existing = informer(configMap).get(`${metadata.name}/${NAME}`)
      if (existing) {
        if (!deepEqual(existing.data, data)) await client.update(configMap, { ...existing, data })
        return
      }
      try {
        const annotations = { [DESCRIPTION]: TEXT }
        await client.create(configMap, { metadata: { name: NAME, namespace: metadata.name, annotations }, data })
      } catch (error) {
        if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error
      }
    },
  })
