import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { of } from './of.ts'
import type { ClientStep } from './step.ts'

const RBAC = 'rbac.authorization.k8s.io'
/** Kinds without a namespace, with an object of each, and what its defaults make of it. */
const KINDS: readonly (readonly [apiVersion: string, kind: string, plural: string, object: object, expect: object])[] =
  [
    [`${RBAC}/v1`, 'ClusterRole', 'clusterroles', { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] }, {}],
    [
      `${RBAC}/v1`,
      'ClusterRoleBinding',
      'clusterrolebindings',
      { roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'none' }, subjects: [{ kind: 'User', name: 'jane' }] },
      { subjects: [{ kind: 'User', name: 'jane', apiGroup: RBAC }] },
    ],
    [
      'scheduling.k8s.io/v1',
      'PriorityClass',
      'priorityclasses',
      { value: 7 },
      { value: 7, preemptionPolicy: 'PreemptLowerPriority' },
    ],
    [
      'storage.k8s.io/v1',
      'StorageClass',
      'storageclasses',
      { provisioner: 'example.com/none' },
      { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    ],
    [
      'networking.k8s.io/v1',
      'IngressClass',
      'ingressclasses',
      { spec: { controller: 'example.com/none' } },
      { spec: { controller: 'example.com/none' } },
    ],
    [
      'v1',
      'PersistentVolume',
      'persistentvolumes',
      { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1024Mi' }, hostPath: { path: '/x' } } },
      { spec: { capacity: { storage: '1Gi' }, persistentVolumeReclaimPolicy: 'Retain', hostPath: { type: '' } } },
    ],
  ]

/** A request for a certificate, in base64. */
async function requestOf(name: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm })
  return Buffer.from(made.toString('pem')).toString('base64')
}

/** Objects without a namespace; their names are the client's own. */
export async function clusterSteps(client: string): Promise<ClientStep[]> {
  const name = `script-${client}`
  const namespaces = of('v1', 'Namespace', 'namespaces', 'Cluster')
  const requests = of('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', 'Cluster')
  const request = await requestOf(`CN=${client}`)
  const approved = { type: 'Approved', status: 'True', reason: 'Script', message: 'it is fine' }
  return [
    ...KINDS.flatMap(([apiVersion, kind, plural, object, expect]) => {
      const all = of(apiVersion, kind, plural, 'Cluster')
      const labels = { script: client }
      return [
        all.create(name, { metadata: { labels }, ...object }),
        all.get(name, expect),
        all.list([name], { labels: `script=${client}` }),
        all.delete(name),
      ]
    }),
    namespaces.create(name, {}, {}),
    namespaces.get(name, {
      metadata: { labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }),
    namespaces.delete(name),
    namespaces.until(name, 'deleted'),
    requests.create(name, {
      spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
    }),
    requests.replace(name, { status: { conditions: [approved] } }, { subresource: 'approval' }),
    requests.until(name, 'Approved=True'),
    requests.get(name, { spec: { username: 'kubernetes-admin' } }),
    requests.delete(name),
    ...reviews,
  ]
}

const ask = (apiVersion: string, kind: string, plural: string, spec: object, expect: object): ClientStep => ({
  ...{ do: 'create', apiVersion, kind, plural, name: '', scope: 'Cluster' },
  body: { apiVersion, kind, spec },
  expect,
})
const pods = { namespace: 'default', verb: 'list', resource: 'pods' }
/** Questions, of which nothing is kept. */
const reviews: ClientStep[] = [
  ask(
    'authorization.k8s.io/v1',
    'SelfSubjectAccessReview',
    'selfsubjectaccessreviews',
    { resourceAttributes: pods },
    { status: { allowed: true } },
  ),
  ask(
    'authorization.k8s.io/v1',
    'SubjectAccessReview',
    'subjectaccessreviews',
    { user: 'jane', resourceAttributes: pods },
    { status: { allowed: false } },
  ),
  ask(
    'authorization.k8s.io/v1',
    'SelfSubjectRulesReview',
    'selfsubjectrulesreviews',
    { namespace: 'default' },
    { status: { incomplete: false } },
  ),
  ask(
    'authentication.k8s.io/v1',
    'TokenReview',
    'tokenreviews',
    { token: 'wrong' },
    { status: { error: 'invalid bearer token' } },
  ),
]
