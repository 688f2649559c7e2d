import { of } from './of.ts'
import type { ClientStep } from './step.ts'

const pods = of('v1', 'Pod', 'pods')
const budgets = of('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets')
const containers = [{ name: 'c', image: 'i:1' }]

/** A pod is bound by hand, runs, is protected, and is evicted. */
const podSteps: ClientStep[] = [
  pods.create(
    'bare',
    { metadata: { labels: { app: 'bare' } }, spec: { schedulerName: 'none', containers } },
    { expect: { status: { phase: 'Pending' } } },
  ),
  pods.list(['bare'], { fields: 'spec.nodeName=,status.phase=Pending' }),
  pods.step('create', 'bare', {
    subresource: 'binding',
    body: {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bare' },
      target: { apiVersion: 'v1', kind: 'Node', name: 'node-0' },
    },
    expect: { kind: 'Status' },
  }),
  pods.until('bare', 'Ready=True'),
  pods.get('bare', { spec: { nodeName: 'node-0' }, status: { phase: 'Running', qosClass: 'BestEffort' } }),
  pods.list(['bare'], { fields: 'spec.nodeName=node-0,status.phase=Running', labels: 'app=bare' }),
  pods.step('get', 'bare', { subresource: 'status', expect: { status: { phase: 'Running' } } }),
  pods.merge('bare', { metadata: { labels: { more: 'yes' } } }, { expect: { metadata: { labels: { more: 'yes' } } } }),
  pods.merge(
    'bare',
    { spec: { terminationGracePeriodSeconds: 7 } },
    { fails: 'Invalid', says: 'pod updates may not change fields other than' },
  ),
  pods.step('strategic', 'bare', {
    body: { spec: { containers: [{ name: 'c', image: 'i:2' }] } },
    expect: { spec: { containers: [{ image: 'i:2' }] } },
  }),
  pods.step('create', 'bare', {
    subresource: 'binding',
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'bare' }, target: { kind: 'Node', name: 'node-1' } },
    fails: 'Conflict',
    says: 'pod bare is already assigned to node "node-0"',
  }),
  budgets.create('bare', { spec: { minAvailable: 1, selector: { matchLabels: { app: 'bare' } } } }),
  budgets.until('bare', 'DisruptionAllowed=False'),
  pods.step('create', 'bare', {
    subresource: 'eviction',
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'bare' } },
    fails: 'TooManyRequests',
    says: "Cannot evict pod as it would violate the pod's disruption budget.",
  }),
  budgets.delete('bare'),
  pods.step('create', 'bare', {
    subresource: 'eviction',
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'bare' } },
    expect: { kind: 'Status' },
  }),
  pods.until('bare', 'deleted'),
  pods.create(
    'wrong',
    { spec: { containers: [{ name: 'Wrong_Name', image: '' }] } },
    { fails: 'Invalid', says: 'spec.containers[0].image: Required value' },
  ),
  pods.create(
    'wrong',
    { spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: 1 }] }] } },
    { fails: 'BadRequest', says: 'cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value' },
  ),
]

const deployments = of('apps/v1', 'Deployment', 'deployments')
const replicaSets = of('apps/v1', 'ReplicaSet', 'replicasets')
const scale = (replicas: number) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'web' },
  spec: { replicas },
})

/** A Deployment runs, is scaled, and is deleted without what it owns. */
const deploymentSteps: ClientStep[] = [
  deployments.create('web', {
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
    },
  }),
  deployments.until('web', 'Available=True'),
  deployments.get('web', { metadata: { generation: 1 }, status: { readyReplicas: 2, observedGeneration: 1 } }),
  deployments.step('get', 'web', {
    subresource: 'scale',
    expect: { kind: 'Scale', spec: { replicas: 2 }, status: { replicas: 2, selector: 'app=web' } },
  }),
  deployments.step('replace', 'web', { subresource: 'scale', body: scale(3), expect: { spec: { replicas: 3 } } }),
  deployments.step('merge', 'web', {
    subresource: 'scale',
    body: { spec: { replicas: 1 } },
    expect: { spec: { replicas: 1 } },
  }),
  deployments.step('replace', 'web', {
    subresource: 'scale',
    body: scale(-1),
    fails: 'Invalid',
    says: 'must be greater than or equal to 0',
  }),
  deployments.get('web', { metadata: { generation: 3 }, spec: { replicas: 1 } }),
  replicaSets.list([/^web-/] as never, { labels: 'app=web' }),
  deployments.delete('web', { propagation: 'Orphan' }),
  deployments.until('web', 'deleted'),
  replicaSets.list([/^web-/] as never, { labels: 'app=web' }),
  replicaSets.step('deletecollection', '', { labels: 'app=web' }),
  replicaSets.list([], { labels: 'app=web' }),
]

const ingresses = of('networking.k8s.io/v1', 'Ingress', 'ingresses')
const accounts = of('v1', 'ServiceAccount', 'serviceaccounts')
const backend = (name: string) => ({ spec: { defaultBackend: { service: { name, port: { number: 80 } } } } })
const reached = (ip: string) => ({ status: { loadBalancer: { ingress: [{ ip }] } } })
const tokenOf = (expirationSeconds: number) => ({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  spec: { audiences: ['script'], expirationSeconds },
})

/** Spec and status are written apart; tokens are given out. */
const subresourceSteps: ClientStep[] = [
  ingresses.create(
    'front',
    { ...backend('one'), ...reached('192.0.2.1') },
    { expect: { status: { loadBalancer: {} } } },
  ),
  ingresses.replace(
    'front',
    { ...backend('two'), ...reached('192.0.2.2') },
    { subresource: 'status', expect: { ...backend('one'), ...reached('192.0.2.2') } },
  ),
  ingresses.merge(
    'front',
    { ...backend('three'), ...reached('192.0.2.3') },
    { subresource: 'status', expect: { ...backend('one'), ...reached('192.0.2.3') } },
  ),
  ingresses.merge(
    'front',
    { ...backend('four'), ...reached('192.0.2.4') },
    {
      expect: { ...backend('four'), ...reached('192.0.2.3') },
    },
  ),
  ingresses.step('get', 'front', { subresource: 'status', expect: reached('192.0.2.3') }),
  ingresses.merge('front', reached('not an address'), {
    subresource: 'status',
    fails: 'Invalid',
    says: 'status.loadBalancer.ingress[0].ip',
  }),
  ingresses.delete('front'),
  accounts.create('robot'),
  accounts.step('create', 'robot', {
    subresource: 'token',
    body: tokenOf(600),
    expect: { spec: { audiences: ['script'], expirationSeconds: 600 }, status: { token: /^eyJ/ } },
  }),
  accounts.step('create', 'robot', {
    subresource: 'token',
    body: tokenOf(1),
    fails: 'Invalid',
    says: 'may not specify a duration less than 10 minutes',
  }),
  accounts.delete('robot'),
]

/** What a client does with objects that controllers and nodes act upon. */
export const workloadSteps: readonly ClientStep[] = [...podSteps, ...deploymentSteps, ...subresourceSteps]
