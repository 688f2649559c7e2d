import { X509Certificate } from 'node:crypto'
import type { UserInfo } from '../request.ts'
import { AUTHENTICATED, type Authenticator } from './authenticator.ts'

/** Names a user by its client certificate: the common name is the user, organizations are its groups. */
export function x509Authenticator(): Authenticator {
  const users = new WeakMap<Buffer, UserInfo>()
  return {
    authenticate({ certificate }) {
      if (!certificate) return undefined
      let user = users.get(certificate)
      if (!user) {
        user = userOf(new X509Certificate(certificate))
        users.set(certificate, user)
      }
      return user.name ? user : undefined
    },
  }
}

function userOf(certificate: X509Certificate): UserInfo {
  const subject = certificate.subject.split('\n').map(line => line.split(/=(.*)/s, 2) as [string, string])
  const values = (attribute: string) => subject.filter(([name]) => name === attribute).map(([, value]) => value)
  return { name: values('CN')[0] ?? '', groups: [...values('O'), AUTHENTICATED] }
}
