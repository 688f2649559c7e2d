import { timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../api/core/secret.ts'
import type { ServiceAccount } from '../../api/core/serviceaccount.ts'
import { TokenKey, unverifiedClaims } from '../../apimachinery/jwt.ts'
import type { Cacher } from '../cacher/cacher.ts'
import type { Authenticator } from './authenticator.ts'
import type { LegacyTokenUse } from './legacy-token-use.ts'
import { serviceAccountUser } from './service-account-token.ts'

/** Who issues tokens that are kept in secrets. */
const ISSUER = 'kubernetes/serviceaccount'
const CLAIM = 'kubernetes.io/serviceaccount/'

interface Sources {
  readonly secrets: Cacher<Secret>
  readonly accounts: Cacher<ServiceAccount>
  readonly use: Pick<LegacyTokenUse, 'note'>
}

/**
 * Knows service accounts by the tokens of secrets of type kubernetes.io/service-account-token, which are good as long as the
 * secret holds them and do not expire (upstream pkg/serviceaccount legacyValidator).
 */
export function legacyTokenAuthenticator(key: string, { secrets, accounts, use }: Sources): Authenticator {
  const signer = new TokenKey(key)
  return {
    async authenticate({ bearerToken }) {
      const claims = bearerToken && unverifiedClaims(bearerToken)
      if (!claims || claims.iss !== ISSUER) return undefined
      if (!signer.signed(bearerToken)) throw new Error('invalid signature')
      const [namespace, secretName, name, uid] = [
        'namespace',
        'secret.name',
        'service-account.name',
        'service-account.uid',
      ].map(claim => String(claims[`${CLAIM}${claim}`] ?? ''))
      if (claims.sub !== `system:serviceaccount:${namespace}:${name}`) throw new Error('sub claim is invalid')
      if (!namespace || !secretName || !name || !uid) throw new Error('a claim is missing')
      const held = secrets.get(`${namespace}/${secretName}`)?.object
      if (!held || held.metadata.deletionTimestamp) throw new Error('service account token has been invalidated')
      const [given, known] = [Buffer.from(bearerToken), Buffer.from(held.data?.token ?? '', 'base64')]
      if (given.length !== known.length || !timingSafeEqual(given, known)) {
        throw new Error("service account token does not match server's copy")
      }
      const account = accounts.get(`${namespace}/${name}`)?.object
      if (!account || account.metadata.deletionTimestamp) throw new Error('service account has been deleted')
      if (account.metadata.uid !== uid) {
        throw new Error(`service account UID (${account.metadata.uid}) does not match claim (${uid})`)
      }
      return { ...(await use.note(held, account)), user: serviceAccountUser(namespace, { name, uid }) }
    },
  }
}
