import 'reflect-metadata'
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

type CryptoKey = webcrypto.CryptoKey
x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export interface LeafOptions {
  readonly commonName: string
  readonly organizations?: readonly string[]
  /** For servers: the names and addresses they are reached by. */
  readonly hosts?: readonly string[]
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 24 * 3600 * 1000
const CA_DAYS = 3650
const LEAF_DAYS = 365
/** Clocks of a cluster's machines may differ by this much. */
const SKEW_MS = 5 * 60_000

/** A certificate authority that signed itself. `now` is in milliseconds since the epoch. */
export async function makeAuthority(now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=kubernetes',
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + CA_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) }
}

/** A certificate signed by an authority. With hosts it is good for servers, always for clients. */
export async function issueLeaf(ca: KeyPair, options: LeafOptions, now: number): Promise<KeyPair> {
  const { commonName, organizations = [], hosts } = options
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage
  const issuer = new x509.X509Certificate(ca.certificate)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [...organizations.map(o => ({ O: [o] })), { CN: [commonName] }],
    issuer: issuer.subject,
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + LEAF_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // Authorities of different clusters have the same name.
      await x509.AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(hosts ? [serverAuth, clientAuth] : [clientAuth]),
      ...(hosts ? [new x509.SubjectAlternativeNameExtension(hosts.map(nameOf))] : []),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) }
}

const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host)
const serial = () => `01${randomBytes(15).toString('hex')}`
const nameOf = (host: string) => ({ type: isAddress(host) ? ('ip' as const) : ('dns' as const), value: host })

async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

function importKey(pem: string): Promise<CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
}
