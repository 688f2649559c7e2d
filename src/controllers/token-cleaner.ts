import { type Secret, secret } from '../api/core/secret.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, type Controller, controller } from '../client/controller.ts'

/** Deletes bootstrap tokens when their time is over (upstream pkg/controller/bootstrap TokenCleaner). */
export const tokenCleanerController: Controller = controller({
  name: 'token-cleaner',
  for: secret,
  writes: [{ kind: secret as unknown as Kind, verbs: ['delete'] }],

  async reconcile(object: Secret, { client, clock }): Promise<Again | undefined> {
    if (object.type !== 'bootstrap.kubernetes.io/token' || object.metadata.namespace !== 'kube-system') return undefined
    const expiration = object.data?.expiration
    if (!expiration) return undefined
    const end = Date.parse(Buffer.from(expiration, 'base64').toString())
    const left = end - clock.now()
    if (Number.isNaN(left)) return undefined
    if (left > 0) return again(left)
    await client.delete(secret, object, { preconditions: { uid: object.metadata.uid } }).catch(error => {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    })
    return undefined
  },
})
