import 'reflect-metadata'
import { generateKeyPairSync, sign, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { beforeAll, expect, test } from 'vitest'
import { At } from '../../apimachinery/validation/at.ts'
import { filled, problems, updateProblems } from '../testing.ts'
import { clusterTrustBundle, podCertificateRequest } from './index.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const NOW = Date.parse('2026-01-01T00:00:00Z')
const HOUR_MS = 3_600_000
let keys: webcrypto.CryptoKeyPair
let stub: string

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])
  keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: '', keys, signingAlgorithm: ALGORITHM })
  stub = Buffer.from(request.rawData).toString('base64')
})

async function certificate(isAuthority: boolean, hours = 24): Promise<string> {
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=test',
    notBefore: new Date(NOW),
    notAfter: new Date(NOW + hours * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(isAuthority, undefined, true)],
  })
  return made.toString('pem')
}

test('a trust bundle is of authorities, each once', async () => {
  const [authority, leaf] = [await certificate(true), await certificate(false)]
  const of = (trustBundle: string) => problems(clusterTrustBundle, { metadata: { name: 'b' }, spec: { trustBundle } })
  const omitted = 'spec.trustBundle: Invalid value: "<value omitted>": '
  expect(of(authority)).toEqual([])
  expect(of('')).toEqual([`${omitted}at least one trust anchor must be provided`])
  expect(of(`${authority}\n${leaf}`)).toEqual([`${omitted}entry 1 does not have the CA bit set`])
  expect(of(`${authority}\n${authority}`)).toEqual([`${omitted}duplicate trust anchor (indices [0 1])`])
  expect(of('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toEqual([
    `${omitted}entry 0 does not parse as X.509`,
  ])
  expect(of('-----BEGIN KEY-----\nAAAA\n-----END KEY-----')).toEqual([`${omitted}entry 0 has bad block type: KEY`])
  expect(of(authority.replace('-----\n', '-----\nWho: me\n\n'))).toEqual([`${omitted}entry 0 has PEM block headers`])
})

test("a signer's bundles bear its name, and stay its own", async () => {
  const trustBundle = await certificate(true)
  const of = (name: string, signerName?: string) => ({ metadata: { name }, spec: { signerName, trustBundle } })
  expect(problems(clusterTrustBundle, of('example.com:signer:one', 'example.com/signer'))).toEqual([])
  expect(problems(clusterTrustBundle, of('one', 'example.com/signer'))).toEqual([
    'metadata.name: Invalid value: "one": ClusterTrustBundle for signerName example.com/signer must be named with prefix example.com:signer:',
  ])
  expect(problems(clusterTrustBundle, of('a:b'))).toEqual([
    'metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name',
  ])
  expect(updateProblems(clusterTrustBundle, of('one'), of('example.com:s:one', 'example.com/s'))).toEqual([
    'spec.signerName: Invalid value: "example.com/s": field is immutable',
  ])
})

const request = (more: object = {}) => ({
  metadata: { name: 'r', namespace: 'default' },
  spec: {
    signerName: 'example.com/signer',
    podName: 'p',
    podUID: 'u1',
    serviceAccountName: 'default',
    serviceAccountUID: 'u2',
    nodeName: 'n',
    nodeUID: 'u3',
    stubPKCS10Request: stub,
    ...more,
  },
})

test('a request is signed by the key that is to be certified', () => {
  expect(problems(podCertificateRequest, request())).toEqual([])
  expect(problems(podCertificateRequest, request({ podUID: '', maxExpirationSeconds: 60 }))).toEqual([
    'spec.podUID: Invalid value: "": must not be empty',
    'spec.maxExpirationSeconds: Invalid value: 60: must be in the range [3600, 7862400]',
  ])
  const [own] = problems(
    podCertificateRequest,
    request({ signerName: 'kubernetes.io/x', maxExpirationSeconds: 90_000 }),
  )
  expect(own).toContain('must be in the range [3600, 86400]')
  const forged = Buffer.from(stub, 'base64')
  forged[forged.length - 1]! ^= 1
  expect(problems(podCertificateRequest, request({ stubPKCS10Request: forged.toString('base64') }))).toEqual([
    'spec.stubPKCS10Request: Invalid value: must be a valid PKCS#10 request, signed by its own key',
  ])
  expect(problems(podCertificateRequest, request({ stubPKCS10Request: '' }))).toEqual([
    'spec.stubPKCS10Request: Required value',
  ])
  expect(problems(podCertificateRequest, request({ proofOfPossession: 'AAAA' }))).toEqual([
    'spec.proofOfPossession: Forbidden: must be empty when stubPKCS10Request is set',
  ])
})

test('a key may also be told with a proof that the kubelet has it', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const told = (uid: string) =>
    request({
      stubPKCS10Request: '',
      pkixPublicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      proofOfPossession: sign(null, Buffer.from(uid), privateKey).toString('base64'),
    })
  expect(problems(podCertificateRequest, told('u1'))).toEqual([])
  expect(problems(podCertificateRequest, told('u9'))).toEqual([
    'spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature',
  ])
  const weak = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' })
  const [problem] = problems(podCertificateRequest, {
    ...told('u1'),
    spec: { ...told('u1').spec, pkixPublicKey: weak.toString('base64') },
  })
  expect(problem).toContain('"2048-bit modulus": RSA keys must have modulus size 3072 or 4096')
})

const condition = (type: string) => ({
  type,
  status: 'True',
  reason: 'Test',
  message: 'm',
  lastTransitionTime: '2026-01-01T00:00:00Z',
})

function decide(status: object, old: object = {}): string[] {
  const of = (its: object) => filled(podCertificateRequest, { ...request(), status: its })
  const at = new At()
  podCertificateRequest.validateStatusUpdate?.(of(status), of(old), at)
  return at.errors.map(({ field, message }) => `${field}: ${message}`)
}

test('a request is decided once, and issued with the times of its certificate', async () => {
  const issued = {
    conditions: [condition('Issued')],
    certificateChain: await certificate(false),
    notBefore: '2026-01-01T00:00:00Z',
    notAfter: '2026-01-02T00:00:00Z',
    beginRefreshAt: '2026-01-01T20:00:00Z',
  }
  expect(decide(issued)).toEqual([])
  expect(decide({ ...issued, notAfter: '2026-01-03T00:00:00Z' })).toEqual([
    'status.notAfter: Invalid value: "2026-01-03T00:00:00Z": must be set to the NotAfter time encoded in the leaf certificate',
  ])
  const [long] = decide({ ...issued, certificateChain: await certificate(false, 48), notAfter: '2026-01-03T00:00:00Z' })
  expect(long).toContain('leaf certificate lifetime must be <= spec.maxExpirationSeconds (86400)')
  expect(decide({ ...issued, conditions: [condition('Denied')] })).toEqual([
    'status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest',
  ])
  expect(decide({ conditions: [condition('Denied')] }, issued)).toEqual([
    'status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed',
  ])
  expect(decide({ conditions: [condition('Ready')] })).toEqual([
    'status.conditions[0].type: Unsupported value: "Ready": supported values: "Denied", "Failed", "Issued"',
  ])
  expect(decide({ certificateChain: issued.certificateChain })).toEqual([
    'status: Invalid value: status is immutable unless transitioning to "Issued", "Denied", or "Failed"',
  ])
  keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const [other] = decide({ ...issued, certificateChain: await certificate(false) })
  expect(other).toContain('leaf certificate was not issued to the requested public key')
})
