import { timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../api/core/secret.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Cacher } from '../cacher/cacher.ts'
import type { Authenticator, Identity } from './authenticator.ts'

const FORM = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const GROUPS = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** Knows machines that are about to join by tokens which lie as secrets in kube-system (upstream plugin/auth/authenticator/token/bootstrap). */
export function bootstrapTokenAuthenticator(secrets: Cacher<Secret>, clock: Clock): Authenticator {
  return {
    authenticate({ bearerToken }): Identity | undefined {
      const [, id, secret] = FORM.exec(bearerToken ?? '') ?? []
      if (!id || !secret) return undefined
      const found = secrets.get(`kube-system/bootstrap-token-${id}`)?.object
      if (found?.type !== 'bootstrap.kubernetes.io/token' || found.metadata.deletionTimestamp) return undefined
      const read = (key: string) => Buffer.from(found.data?.[key] ?? '', 'base64').toString()
      const [given, known] = [Buffer.from(secret), Buffer.from(read('token-secret'))]
      if (given.length !== known.length || !timingSafeEqual(given, known) || read('token-id') !== id) return undefined
      const expiration = read('expiration')
      // A time that cannot be read is over, too.
      if (expiration && !(Date.parse(expiration) > clock.now())) return undefined
      if (read('usage-bootstrap-authentication') !== 'true') return undefined
      const extra = read('auth-extra-groups').split(',').filter(Boolean)
      if (extra.some(group => !GROUPS.test(group))) return undefined
      const groups = ['system:bootstrappers', ...extra, 'system:authenticated']
      return { user: { name: `system:bootstrap:${id}`, groups } }
    },
  }
}
