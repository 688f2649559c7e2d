import { expect, test } from 'vitest'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { filled, problems, updateProblems } from '../testing.ts'
import { oldVersions } from './index.ts'

const old = (apiVersion: string, kind: string): Kind =>
  oldVersions.find(version => version.apiVersion === apiVersion && version.kind === kind)!
const stored = (kind: Kind, object: object) => kind.storedAs!.toStored(filled(kind, object)) as KubeObject & Spec
const back = (kind: Kind, object: KubeObject) => kind.storedAs!.fromStored(object)
// biome-ignore lint/suspicious/noExplicitAny: tests look at fields of any kind
type Spec = { spec: any; [field: string]: any }

const metadata = { name: 'x', namespace: 'default' }
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }

test.each(oldVersions.map(kind => [`${kind.apiVersion} ${kind.kind}`, kind] as const))(
  'an empty %s is the same after it was stored',
  (_, kind) => {
    if (!kind.storedAs) return
    const object = filled(kind, { metadata })
    const again = back(kind, stored(kind, object))
    expect(back(kind, stored(kind, again))).toEqual(again)
  },
)

test('warnings name the version, the releases and what to use', () => {
  expect(old('extensions/v1beta1', 'Deployment').deprecated).toEqual({
    warning: 'extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 Deployment',
    removedRelease: '1.16',
  })
  expect(old('events.k8s.io/v1beta1', 'Event').deprecated?.warning).toBe(
    'events.k8s.io/v1beta1 Event is deprecated in v1.22+, unavailable in v1.25+',
  )
})

test('a Deployment without a selector gets its template’s labels', () => {
  const kind = old('extensions/v1beta1', 'Deployment')
  const deployment = stored(kind, { metadata, spec: { template } })
  expect(deployment).toMatchObject({
    apiVersion: 'apps/v1',
    metadata: { labels: { app: 'x' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'x' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 2147483647,
      progressDeadlineSeconds: 2147483647,
    },
  })
  expect(back(kind, deployment).apiVersion).toBe('extensions/v1beta1')
  expect(problems(kind, { metadata, spec: { template } })).toEqual([])
  expect(problems(kind, { metadata, spec: { template: {} } })).toContain('spec.selector: Required value')
})

test('a Deployment’s selector could change in the oldest versions, and not in v1beta2', () => {
  const spec = (app: string) => ({
    metadata,
    spec: { selector: { matchLabels: { app } }, template: { ...template, metadata: { labels: { app } } } },
  })
  expect(updateProblems(old('extensions/v1beta1', 'Deployment'), spec('a'), spec('b'))).toEqual([])
  expect(updateProblems(old('apps/v1beta2', 'Deployment'), spec('a'), spec('b'))[0]).toContain('field is immutable')
})

test('what a Deployment is told to go back to stands in an annotation', () => {
  const kind = old('apps/v1beta1', 'Deployment')
  const deployment = stored(kind, { metadata, spec: { template, rollbackTo: { revision: 3 } } })
  expect(deployment.metadata.annotations).toEqual({ 'deprecated.deployment.rollback.to': '3' })
  expect(deployment.spec.revisionHistoryLimit).toBe(2)
  expect(back(kind, deployment)).toMatchObject({ spec: { rollbackTo: { revision: 3 } } })
  expect(back(kind, deployment).metadata.annotations).toBeUndefined()
})

test('the oldest DaemonSets and StatefulSets wait for their pods to be deleted', () => {
  const set = (apiVersion: string, kind: string) => stored(old(apiVersion, kind), { metadata, spec: { template } }).spec
  expect(set('extensions/v1beta1', 'DaemonSet').updateStrategy).toEqual({ type: 'OnDelete' })
  expect(set('apps/v1beta1', 'StatefulSet').updateStrategy).toEqual({ type: 'OnDelete' })
  expect(set('apps/v1beta2', 'StatefulSet').updateStrategy).toMatchObject({ type: 'RollingUpdate' })
})

test('an Ingress’s backends have a name and a port', () => {
  const kind = old('networking.k8s.io/v1beta1', 'Ingress')
  const paths = [{ path: '/', backend: { serviceName: 'web', servicePort: 'http' } }]
  const spec = { backend: { serviceName: 'all', servicePort: 80 }, rules: [{ host: 'a.b', http: { paths } }] }
  const ingress = stored(kind, { metadata, spec })
  expect(ingress.spec).toEqual({
    defaultBackend: { service: { name: 'all', port: { number: 80 } } },
    rules: [
      {
        host: 'a.b',
        http: {
          paths: [
            {
              path: '/',
              pathType: 'ImplementationSpecific',
              backend: { service: { name: 'web', port: { name: 'http' } } },
            },
          ],
        },
      },
    ],
  })
  expect(back(kind, ingress)).toEqual(filled(kind, { metadata, spec }))
  expect(problems(kind, { metadata, spec: { backend: { serviceName: 'Web', servicePort: 80 } } })[0]).toMatch(
    /^spec\.defaultBackend\.service\.name: Invalid value: "Web"/,
  )
})

test('an empty selector of a PodDisruptionBudget took no pods', () => {
  const kind = old('policy/v1beta1', 'PodDisruptionBudget')
  const mark = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'
  const budget = stored(kind, { metadata, spec: { maxUnavailable: 1, selector: {} } })
  expect(budget.spec.selector).toEqual({ matchExpressions: [{ key: mark, operator: 'Exists' }] })
  expect(back(kind, budget)).toMatchObject({ spec: { selector: {} } })
  budget.spec = { ...budget.spec, selector: {} }
  expect(back(kind, budget)).toMatchObject({
    spec: { selector: { matchExpressions: [{ key: mark, operator: 'DoesNotExist' }] } },
  })
})

test('PodSecurityPolicies are refused with a word about what to do', () => {
  expect(
    problems(old('extensions/v1beta1', 'PodSecurityPolicy'), { metadata: { name: 'x' }, spec: { privileged: true } }),
  ).toEqual([expect.stringMatching(/^spec: Forbidden: PodSecurityPolicy was removed in Kubernetes v1\.25; label /)])
})

test('an autoscaler’s metrics', () => {
  const kind = old('autoscaling/v2beta1', 'HorizontalPodAutoscaler')
  const scaleTargetRef = { kind: 'Deployment', name: 'x' }
  const metrics = [
    { type: 'Resource', resource: { name: 'cpu', targetAverageUtilization: 50 } },
    { type: 'Pods', pods: { metricName: 'm', targetAverageValue: '10' } },
    { type: 'External', external: { metricName: 'q', metricSelector: { matchLabels: { a: 'b' } }, targetValue: '5' } },
  ]
  const object = { metadata, spec: { scaleTargetRef, maxReplicas: 3, metrics } }
  const autoscaler = stored(kind, object)
  expect(autoscaler.spec.metrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
    { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '10' } } },
    {
      type: 'External',
      external: { metric: { name: 'q', selector: { matchLabels: { a: 'b' } } }, target: { type: 'Value', value: '5' } },
    },
  ])
  expect(back(kind, autoscaler)).toEqual(filled(kind, object))
  expect(problems(kind, object)).toEqual([])
  expect(stored(kind, { metadata, spec: { scaleTargetRef, maxReplicas: 3 } }).spec.metrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ])
})

test('subjects of the first roles had an API version', () => {
  const kind = old('rbac.authorization.k8s.io/v1alpha1', 'RoleBinding')
  const roleRef = { kind: 'Role', name: 'r' }
  const subjects = [
    { kind: 'User', name: 'u' },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ]
  const binding = stored(kind, { metadata, roleRef, subjects })
  expect(binding.subjects).toEqual([
    { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'u' },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ])
  expect(problems(kind, { metadata, roleRef, subjects })).toEqual([])
})

test('zones and nodes of endpoints stood among labels', () => {
  const kind = old('discovery.k8s.io/v1beta1', 'EndpointSlice')
  const topology = { 'topology.kubernetes.io/zone': 'z', 'kubernetes.io/hostname': 'n', rack: '1' }
  const endpoints = [{ addresses: ['10.0.0.1'], conditions: {}, nodeName: 'n', topology }]
  const slice = stored(kind, { metadata, addressType: 'IPv4', endpoints, ports: [] })
  expect(slice.endpoints).toEqual([
    { addresses: ['10.0.0.1'], conditions: {}, nodeName: 'n', zone: 'z', deprecatedTopology: { rack: '1' } },
  ])
  expect(back(kind, slice)).toMatchObject({ endpoints })
})

test('webhooks and certificates ask for less than they do now', () => {
  const webhook = { name: 'a.b.c', clientConfig: { url: 'https://a' }, rules: [] }
  const configuration = { metadata: { name: 'x' }, webhooks: [webhook] }
  const kind = old('admissionregistration.k8s.io/v1beta1', 'MutatingWebhookConfiguration')
  expect(problems(kind, configuration)).toEqual([])
  expect(stored(kind, configuration).webhooks[0]).toMatchObject({
    failurePolicy: 'Ignore',
    matchPolicy: 'Exact',
    sideEffects: 'Unknown',
    timeoutSeconds: 30,
    admissionReviewVersions: ['v1beta1'],
  })
  const request = Buffer.from('-----BEGIN CERTIFICATE REQUEST-----').toString('base64')
  const csr = { metadata: { name: 'x' }, spec: { request } }
  expect(problems(old('certificates.k8s.io/v1beta1', 'CertificateSigningRequest'), csr)).toEqual([])
})
