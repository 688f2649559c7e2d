import { type Secret, secret } from '../api/core/secret.ts'
import { type ServiceAccount, serviceAccount } from '../api/core/serviceaccount.ts'
import { isReason } from '../apimachinery/errors.ts'
import { TokenKey } from '../apimachinery/jwt.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, type ReconcileContext, watching } from '../client/controller.ts'

const TYPE = 'kubernetes.io/service-account-token'
const NAME = 'kubernetes.io/service-account.name'
const UID = 'kubernetes.io/service-account.uid'

export interface ServiceAccountTokenOptions {
  /** PEM of the EC key that signs tokens. */
  readonly serviceAccountKey: string
  /** PEM of the cluster's authority. */
  readonly ca: string
}

/**
 * Fills secrets that ask for a token of a service account, and removes them with the account (upstream
 * pkg/controller/serviceaccount TokensController).
 */
export function serviceAccountTokenController({ serviceAccountKey, ca }: ServiceAccountTokenOptions): Controller {
  const key = new TokenKey(serviceAccountKey)
  const encode = (text: string) => Buffer.from(text).toString('base64')
  return controller({
    name: 'serviceaccount-token',
    for: secret,
    watches: [
      watching(serviceAccount, (object, previous, { informer }) => {
        const { namespace, name } = (object ?? previous)!.metadata
        return informer(secret)
          .list(namespace)
          .filter(one => isTokenOf(one, name!))
          .map(one => `${namespace}/${one.metadata.name}`)
      }),
    ],
    writes: [{ kind: secret as unknown as Kind, verbs: ['update', 'delete'] }],

    async reconcile(object: Secret, context) {
      const { metadata, type, data = {} } = object
      const { namespace, name, uid } = metadata
      if (type !== TYPE || metadata.deletionTimestamp) return
      const account = await accountOf(object, context)
      if (!account) {
        await context.client.delete(secret, object, { preconditions: { uid } }).catch(unlessGone)
        return
      }
      const wanted = {
        'ca.crt': encode(ca),
        namespace: encode(namespace!),
        token: data.token || encode(key.sign(claimsOf(namespace!, name!, account))),
      }
      const annotations = { ...metadata.annotations, [UID]: account.metadata.uid! }
      const done = Object.entries(wanted).every(([field, value]) => data[field] === value)
      if (done && metadata.annotations?.[UID] === annotations[UID]) return
      await context.client
        .update(secret, { ...object, metadata: { ...metadata, annotations }, data: { ...data, ...wanted } })
        .catch(unlessGone)
    },
  })
}

const isTokenOf = ({ type, metadata }: Secret, account: string) =>
  type === TYPE && metadata.annotations?.[NAME] === account

/** The account that a secret is for; the cache may not have heard of it yet. */
async function accountOf({ metadata }: Secret, context: ReconcileContext): Promise<ServiceAccount | undefined> {
  const { namespace } = metadata
  const { [NAME]: name = '', [UID]: uid } = metadata.annotations ?? {}
  const fits = (account: ServiceAccount | undefined) => account && (!uid || account.metadata.uid === uid)
  const known = context.informer(serviceAccount).get(`${namespace}/${name}`)
  if (fits(known)) return known
  const now = await context.client.get(serviceAccount, { namespace: namespace!, name }).catch(error => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  return fits(now) ? now : undefined
}

/** As tokens were before they were bound (upstream pkg/serviceaccount LegacyClaims). */
function claimsOf(namespace: string, secretName: string, { metadata: { name, uid } }: ServiceAccount): object {
  return {
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secretName,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

/** Another has changed or removed it, and we hear of that. */
function unlessGone(error: unknown): void {
  if (!isReason(error, 'NotFound', 'Conflict')) throw error
}
