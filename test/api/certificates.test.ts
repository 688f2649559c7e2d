import 'reflect-metadata'
import { webcrypto, X509Certificate } from 'node:crypto'
import { X509Certificate as ParsedCertificate, Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { selfSubjectReview } from '../../src/api/authentication/selfsubjectreview.ts'
import { certificateSigningRequest } from '../../src/api/certificates/certificatesigningrequest.ts'
import { secret } from '../../src/api/core/secret.ts'
import { Client } from '../../src/client/client.ts'
import { HttpTransport } from '../../src/client/http-transport.ts'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'

const WAIT = { timeout: 10_000, interval: 10 }
const CLIENT = 'kubernetes.io/kube-apiserver-client'
let cluster: Cluster
beforeAll(async () => {
  cluster = await createCluster({ hollowNodes: 0 })
})
afterAll(() => cluster.stop())

/** A request for a certificate, in base64. */
async function requestOf(name: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm })
  return Buffer.from(made.toString('pem')).toString('base64')
}

const ask = async (name: string, subject: string, signerName = CLIENT) =>
  cluster.client.create(certificateSigningRequest, {
    metadata: { name },
    spec: { request: await requestOf(subject), signerName, usages: ['client auth'], expirationSeconds: 3600 },
  })
const get = (name: string) => cluster.client.get(certificateSigningRequest, { name })
const approve = async (name: string) => {
  const request = await get(name)
  const condition = { type: 'Approved', status: 'True', reason: 'Test', message: 'it is fine' }
  await cluster.client.updateSubresource(
    certificateSigningRequest,
    { ...request, status: { ...request.status, conditions: [condition] } },
    'approval',
  )
}

test("an approved request gets its certificate, of the cluster's authority", async () => {
  const made = await ask('ann', 'CN=ann,O=developers')
  expect(made.spec.groups).toContain('system:masters')
  await approve('ann')
  await expect.poll(async () => (await get('ann')).status.certificate, WAIT).toBeDefined()
  const { status } = await get('ann')
  const certificate = new X509Certificate(Buffer.from(status.certificate!, 'base64'))
  expect(certificate.subject.split('\n').sort()).toEqual(['CN=ann', 'O=developers'])
  expect(certificate.verify(new X509Certificate(cluster.access.ca).publicKey)).toBe(true)
  // Nothing was asked for that key usage tells of, and an empty one would make the certificate useless.
  const parsed = new ParsedCertificate(Buffer.from(status.certificate!, 'base64'))
  expect(parsed.getExtension('2.5.29.15')).toBeNull()
  const hours = (Date.parse(certificate.validTo) - Date.now()) / 3600_000
  expect(hours).toBeGreaterThan(0.9)
  expect(hours).toBeLessThan(1.1)
  expect(status.conditions![0]).toMatchObject({ type: 'Approved', lastTransitionTime: expect.any(String) })
})

test('a request that does not fit its signer fails', async () => {
  await ask('node', 'CN=someone', 'kubernetes.io/kube-apiserver-client-kubelet')
  await approve('node')
  await expect
    .poll(async () => (await get('node')).status.conditions?.find(({ type }) => type === 'Failed'), WAIT)
    .toMatchObject({ reason: 'SignerValidationFailure', message: 'subject organization is not system:nodes' })
})

test("a kubelet's request is approved by itself", async () => {
  await ask('kubelet', 'CN=system:node:n1,O=system:nodes', 'kubernetes.io/kube-apiserver-client-kubelet')
  await expect.poll(async () => (await get('kubelet')).status.certificate, WAIT).toBeDefined()
  expect((await get('kubelet')).status.conditions![0]).toMatchObject({ type: 'Approved', reason: 'AutoApproved' })
})

test('nobody becomes an administrator by a certificate', async () => {
  await expect(ask('root', 'CN=root,O=system:masters')).rejects.toThrow(
    'certificatesigningrequests.certificates.k8s.io "root" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  )
})

test('a bootstrap token is a user, while it lasts', async () => {
  const tokenOf = async (id: string, expiration: string) => {
    const stringData = {
      'token-id': id,
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
      expiration,
    }
    const metadata = { name: `bootstrap-token-${id}`, namespace: 'kube-system' }
    await cluster.client.create(secret, { metadata, type: 'bootstrap.kubernetes.io/token', stringData })
    return `${id}.0123456789abcdef`
  }
  const whoAmI = async (token: string) => {
    const transport = new HttpTransport({ server: cluster.url, ca: cluster.access.ca, bearerToken: token })
    const client = new Client(transport)
    const review = await client.create(selfSubjectReview, {}).finally(() => transport.close())
    return review.status?.userInfo
  }
  const good = await tokenOf('abcdef', '2999-01-01T00:00:00Z')
  expect(await whoAmI(good)).toMatchObject({
    username: 'system:bootstrap:abcdef',
    groups: expect.arrayContaining(['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token']),
  })
  const over = await tokenOf('ghijkl', '2020-01-01T00:00:00Z')
  await expect(whoAmI(over)).rejects.toThrow('Unauthorized')
  const gone = () =>
    cluster.client.get(secret, { namespace: 'kube-system', name: 'bootstrap-token-ghijkl' }).then(
      () => false,
      () => true,
    )
  await expect.poll(gone, WAIT).toBe(true)
})
