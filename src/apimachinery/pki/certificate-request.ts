import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import type { SubjectAlternativeNameExtension } from '@peculiar/x509'

/** What a certificate request asks for, as far as decisions depend on it. */
export interface CertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
}

/** A certificate authority: both in PEM. */
export interface Authority {
  readonly certificate: string
  readonly key: string
}

/** The library takes its time to load, and few clusters ever sign a request. */
const library = async () => {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])
  return x509
}

/** The extension's number (RFC 5280). */
const ALTERNATIVE_NAMES = '2.5.29.17'
const SIGNATURE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Reads a PKCS#10 request in PEM. Throws where it is none, or not signed by its own key. */
export async function parseCertificateRequest(pem: string): Promise<CertificateRequest> {
  const x509 = await library()
  const request = new x509.Pkcs10CertificateRequest(pem.replaceAll('NEW CERTIFICATE REQUEST', 'CERTIFICATE REQUEST'))
  if (!(await request.verify())) throw new Error('the request is not signed by its own key')
  const names = (request.getExtension(ALTERNATIVE_NAMES) as SubjectAlternativeNameExtension | null)?.names.items ?? []
  const of = (type: string) => names.filter(name => name.type === type).map(({ value }) => value)
  return {
    commonName: request.subjectName.getField('CN')[0] ?? '',
    organizations: request.subjectName.getField('O'),
    dnsNames: of('dns'),
    ipAddresses: of('ip'),
    emailAddresses: of('email'),
    uris: of('url'),
  }
}

/**
 * A certificate for a request, in PEM, for the usages that certificates.k8s.io names (`client auth`), good between two points of
 * time in milliseconds since the epoch.
 */
export async function signCertificateRequest(
  authority: Authority,
  pem: string,
  { usages, notBefore, notAfter }: { usages: readonly string[]; notBefore: number; notAfter: number },
): Promise<string> {
  const x509 = await library()
  const request = new x509.Pkcs10CertificateRequest(pem.replaceAll('NEW CERTIFICATE REQUEST', 'CERTIFICATE REQUEST'))
  const flags = {
    signing: x509.KeyUsageFlags.digitalSignature,
    'digital signature': x509.KeyUsageFlags.digitalSignature,
    'content commitment': x509.KeyUsageFlags.nonRepudiation,
    'key encipherment': x509.KeyUsageFlags.keyEncipherment,
    'data encipherment': x509.KeyUsageFlags.dataEncipherment,
    'key agreement': x509.KeyUsageFlags.keyAgreement,
  }
  const extended = { 'client auth': x509.ExtendedKeyUsage.clientAuth, 'server auth': x509.ExtendedKeyUsage.serverAuth }
  const pick = <T>(table: Record<string, T>) => usages.flatMap(usage => table[usage] ?? [])
  const keyUsages = pick(flags).reduce((all, flag) => all | flag, 0)
  const extendedUsages = pick(extended)
  const names = request.getExtension(ALTERNATIVE_NAMES)
  const der = createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' })
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    subject: request.subject,
    issuer: new x509.X509Certificate(authority.certificate).subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingAlgorithm: SIGNATURE,
    publicKey: request.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, SIGNATURE, false, ['sign']),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // An extension that says nothing makes a certificate that nobody takes.
      ...(keyUsages === 0 ? [] : [new x509.KeyUsagesExtension(keyUsages, true)]),
      ...(extendedUsages.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extendedUsages)]),
      ...(names ? [names] : []),
    ],
  })
  return `${certificate.toString('pem')}\n`
}
