import { X509Certificate } from 'node:crypto'

/** Certificate authorities, from a file with one or several in PEM. Throws Error where there is none. */
export class Authorities {
  readonly #certificates: readonly X509Certificate[]

  constructor(pem: string) {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    if (blocks.length === 0) throw new Error('data does not contain any valid RSA or ECDSA certificates')
    this.#certificates = blocks.map(block => new X509Certificate(block))
  }

  /** Whether one of them issued a certificate itself. */
  issued(certificate: X509Certificate): boolean {
    return this.#certificates.some(ca => certificate.checkIssued(ca) && certificate.verify(ca.publicKey))
  }
}
