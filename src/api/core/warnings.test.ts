import { expect, test } from 'vitest'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { deployment } from '../apps/deployment.ts'
import { storageClass } from '../storage/storageclass.ts'
import { filled, problems } from '../testing.ts'
import { node } from './node.ts'
import { persistentVolume } from './persistentvolume.ts'
import { persistentVolumeClaim } from './persistentvolumeclaim.ts'
import { pod } from './pod.ts'
import { service } from './service.ts'

const warn = (kind: Kind, object: object, old?: object) =>
  kind.warnings!(filled(kind, object), old && filled(kind, old))
const podWith = (spec: object, metadata: object = {}) => ({
  metadata: { name: 'p', namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'web', image: 'nginx:1' }], ...spec },
})
const port = (rest: object) => ({ containerPort: 80, ...rest })

test.each<[string, object, string[]]>([
  [
    'a gitRepo volume',
    { volumes: [{ name: 'v', gitRepo: { repository: 'r' } }] },
    ['spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+'],
  ],
  [
    'an old node label',
    { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ],
  [
    'an empty imagePullSecret',
    { imagePullSecrets: [{ name: '' }] },
    ['spec.imagePullSecrets[0].name: invalid empty name ""'],
  ],
  [
    'a negative grace period',
    { terminationGracePeriodSeconds: -1 },
    ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
  ],
  [
    'a port twice',
    { containers: ['a', 'b'].map(name => ({ name, image: 'i', ports: [port({})] })) },
    ['spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]'],
  ],
  [
    'an affinity to nothing',
    { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x' }] } } },
    [
      'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod',
    ],
  ],
])('a pod with %s is warned of', (_, spec, expected) => {
  expect(warn(pod, podWith(spec))).toEqual(expected)
  expect(problems(pod, podWith(spec))).toEqual([])
})

test('annotations that say nothing any more are warned of', () => {
  const annotations = {
    'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
    'container.apparmor.security.beta.kubernetes.io/web': 'unconfined',
  }
  expect(warn(pod, podWith({}, { annotations }))).toEqual([
    'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    'metadata.annotations[container.apparmor.security.beta.kubernetes.io/web]: deprecated since v1.30; use the "appArmorProfile" field instead',
  ])
})

test('names with dots are warned of once, templates only when they change', () => {
  const dotted = podWith({}, { name: 'a.b' })
  expect(warn(pod, dotted)).toEqual([
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
  ])
  expect(warn(pod, dotted, dotted)).toEqual([])
  const labels = { app: 'x' }
  const made = (generation: number) => ({
    metadata: { name: 'a.b', namespace: 'default', generation },
    spec: {
      selector: { matchLabels: labels },
      template: { ...podWith({ nodeSelector: { 'beta.kubernetes.io/arch': 'x' } }), metadata: { labels } },
    },
  })
  const label =
    'spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead'
  expect(warn(deployment, made(1))).toEqual([
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
    label,
  ])
  expect(warn(deployment, made(1), made(1))).toEqual([])
  expect(warn(deployment, made(2), made(1))).toEqual([label])
})

test('services, volumes, claims, classes and nodes are warned of', () => {
  const metadata = { name: 'x', namespace: 'default' }
  const spec = { type: 'ClusterIP', clusterIP: 'None', externalIPs: ['192.0.2.1'], ports: [{ port: 80 }] }
  expect(warn(service, { metadata, spec })).toEqual(['spec.externalIPs is ignored for headless services'])
  const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } }
  expect(warn(persistentVolume, { metadata, spec: { ...volume, persistentVolumeReclaimPolicy: 'Recycle' } })).toEqual([
    expect.stringMatching(/^spec\.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated\./),
  ])
  const annotations = { 'volume.beta.kubernetes.io/storage-class': 'old' }
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '500m' } } }
  expect(warn(persistentVolumeClaim, { metadata: { ...metadata, annotations }, spec: claim })).toEqual([
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
    'spec.resources.requests[storage]: fractional byte value "500m" is invalid, must be an integer',
  ])
  const key = 'failure-domain.beta.kubernetes.io/zone'
  const allowedTopologies = [{ matchLabelExpressions: [{ key, values: ['a'] }] }]
  expect(warn(storageClass, { metadata: { name: 'x' }, provisioner: 'p', allowedTopologies })).toEqual([
    'allowedTopologies[0].matchLabelExpressions[0]: deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  ])
  expect(warn(node, { metadata: { name: 'x' }, spec: { externalID: 'y' } })).toEqual([
    'spec.externalID: this field is deprecated, and is unused by Kubernetes',
  ])
})
