import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from '../server/peer.ts'
import { AUTHENTICATED, type Authenticator, type Identity } from './authenticator.ts'
import type { Authorities } from './authorities.ts'

/**
 * Names a user by its client certificate: the common name is the user, organizations are its groups. `authorities`: whose
 * certificates name users, where connections also show certificates of others.
 */
export function x509Authenticator(authorities?: Authorities): Authenticator {
  const known = new WeakMap<PeerCertificate, Identity | null>()
  return {
    authenticate({ certificate: shown }) {
      if (!shown) return undefined
      if (shown.problem) throw new Error(`x509: ${shown.problem}`)
      let identity = known.get(shown)
      if (identity === undefined) {
        const certificate = new X509Certificate(shown.der)
        identity = !authorities || authorities.issued(certificate) ? identityOf(certificate) : null
        known.set(shown, identity)
      }
      return identity ?? undefined
    },
  }
}

/** The values of an attribute of a certificate's subject. */
export function subjectValues(certificate: X509Certificate, attribute: 'CN' | 'O'): string[] {
  const subject = certificate.subject.split('\n').map(line => line.split(/=(.*)/s, 2) as [string, string])
  return subject.filter(([name]) => name === attribute).map(([, value]) => value)
}

function identityOf(certificate: X509Certificate): Identity | null {
  const [name] = subjectValues(certificate, 'CN')
  if (!name) return null
  return { user: { name, groups: [...subjectValues(certificate, 'O'), AUTHENTICATED] } }
}
