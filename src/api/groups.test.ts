import { expect, test } from 'vitest'
import { mutatingWebhookConfiguration } from './admissionregistration/mutatingwebhookconfiguration.ts'
import { tokenRequest } from './authentication/tokenrequest.ts'
import { selfSubjectAccessReview } from './authorization/selfsubjectaccessreview.ts'
import { subjectAccessReview } from './authorization/subjectaccessreview.ts'
import { horizontalPodAutoscaler } from './autoscaling/horizontalpodautoscaler.ts'
import { certificateSigningRequest } from './certificates/certificatesigningrequest.ts'
import { lease } from './coordination/lease.ts'
import { endpointSlice } from './discovery/endpointslice.ts'
import { podDisruptionBudget } from './policy/poddisruptionbudget.ts'
import { priorityClass } from './scheduling/priorityclass.ts'
import { storageClass } from './storage/storageclass.ts'
import { filled, problems, row, updateProblems } from './testing.ts'

const metadata = { name: 'x', namespace: 'default' }

test('an EndpointSlice’s addresses are of its type', () => {
  const slice = { metadata, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] }
  expect(problems(endpointSlice, slice)).toEqual([])
  expect(filled(endpointSlice, slice).ports?.[0]).toEqual({ name: '', protocol: 'TCP', port: 80 })
  expect(problems(endpointSlice, { ...slice, endpoints: [{ addresses: ['fd00::1'] }] })).toEqual([
    'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address',
  ])
  expect(problems(endpointSlice, { ...slice, endpoints: [{}] })).toEqual([
    'endpoints[0].addresses: Required value: must contain at least 1 address',
  ])
  expect(updateProblems(endpointSlice, slice, { ...slice, addressType: 'IPv6', endpoints: [] })).toEqual([
    'addressType: Invalid value: "IPv6": field is immutable',
  ])
  const many = { ...slice, endpoints: [{ addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'] }] }
  expect(row(endpointSlice, filled(endpointSlice, many))).toMatchObject({
    AddressType: 'IPv4',
    Ports: '80',
    Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...',
  })
})

test('a Lease’s duration is positive', () => {
  expect(problems(lease, { metadata, spec: { leaseDurationSeconds: 0 } })).toEqual([
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
  ])
  expect(row(lease, filled(lease, { metadata, spec: { holderIdentity: 'me' } }))).toMatchObject({ Holder: 'me' })
})

test('a PriorityClass’s value is bounded and stays', () => {
  const klass = (value: number, name = 'x') => ({ metadata: { name }, value })
  expect(problems(priorityClass, klass(1_000_000_001))[0]).toContain('value: ')
  expect(problems(priorityClass, klass(1, 'system-x'))[0]).toContain(
    "priority class names with 'system-' prefix are reserved",
  )
  expect(updateProblems(priorityClass, klass(1), klass(2))[0]).toContain('may not be changed in an update')
})

test('a StorageClass is filled in and its provisioner stays', () => {
  const klass = { metadata: { name: 'x' }, provisioner: 'a.b/c' }
  expect(filled(storageClass, klass)).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' })
  expect(updateProblems(storageClass, klass, { ...klass, provisioner: 'a.b/d' })[0]).toContain('provisioner')
  const marked = {
    ...klass,
    metadata: { name: 'x', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  }
  expect(row(storageClass, filled(storageClass, marked))).toMatchObject({ Name: 'x (default)', Provisioner: 'a.b/c' })
})

test('a budget says how many must stay or how many may be missing', () => {
  const both = { minAvailable: 1, maxUnavailable: 1, selector: {} }
  expect(problems(podDisruptionBudget, { metadata, spec: both })).toEqual([
    'spec: Invalid value: {"minAvailable":1,"selector":{},"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
  ])
  expect(row(podDisruptionBudget, filled(podDisruptionBudget, { metadata, spec: { minAvailable: '50%' } }))).toEqual({
    'Min Available': '50%',
    'Max Unavailable': 'N/A',
    'Allowed Disruptions': 0,
    Age: '<unknown>',
  })
})

test('access reviews ask about a resource or a path', () => {
  const none = problems(subjectAccessReview, { spec: { user: 'a' } })
  expect(none).toEqual([
    'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
  ])
  expect(problems(subjectAccessReview, { spec: { nonResourceAttributes: { path: '/' } } })[0]).toContain(
    'at least one of user or group must be specified',
  )
  expect(problems(selfSubjectAccessReview, { spec: { resourceAttributes: { verb: 'get' } } })).toEqual([])
})

test('a TokenRequest’s time is bounded', () => {
  expect(filled(tokenRequest, { spec: { audiences: ['a'] } }).spec.expirationSeconds).toBe(3600)
  expect(problems(tokenRequest, { spec: { audiences: ['a'], expirationSeconds: 1 } })[0]).toContain(
    'spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
  )
})

test('an autoscaler is filled in, checked and shown', () => {
  const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 }
  const object = filled(horizontalPodAutoscaler, { metadata, spec })
  expect(object.spec.minReplicas).toBe(1)
  expect(object.spec.metrics?.[0]).toMatchObject({
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
  })
  expect(problems(horizontalPodAutoscaler, { metadata, spec })).toEqual([])
  expect(problems(horizontalPodAutoscaler, { metadata, spec: { ...spec, minReplicas: 5 } })).toEqual([
    'spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`',
  ])
  expect(row(horizontalPodAutoscaler, object)).toMatchObject({
    Reference: 'Deployment/web',
    Targets: 'cpu: <unknown>/80%',
    MinPods: '1',
    MaxPods: 3,
    Replicas: 0,
  })
})

test('webhooks need names with three parts and one place to call', () => {
  const webhook = {
    name: 'a.b.c',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    clientConfig: { url: 'https://a/b' },
  }
  const check = (change: object) =>
    problems(mutatingWebhookConfiguration, { metadata: { name: 'x' }, webhooks: [{ ...webhook, ...change }] })
  expect(check({})).toEqual([])
  expect(check({ name: 'a.b' })[0]).toContain('should be a domain with at least three segments separated by dots')
  expect(check({ clientConfig: {} })).toEqual([
    'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
  ])
  expect(check({ sideEffects: 'Some' })[0]).toContain('supported values: "None", "NoneOnDryRun"')
  const object = filled(mutatingWebhookConfiguration, { metadata: { name: 'x' }, webhooks: [webhook] })
  expect(object.webhooks?.[0]).toMatchObject({ failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10 })
})

test('a certificate request says what for', () => {
  const request = Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\n').toString('base64')
  const spec = { request, signerName: 'a.b/c', usages: ['client auth'] }
  expect(problems(certificateSigningRequest, { metadata: { name: 'x' }, spec })).toEqual([])
  expect(problems(certificateSigningRequest, { metadata: { name: 'x' }, spec: { ...spec, usages: [] } })).toEqual([
    'spec.usages: Required value: usages must contain at least one value',
  ])
  const approved = { metadata: { name: 'x' }, spec, status: { conditions: [{ type: 'Approved', status: 'True' }] } }
  expect(row(certificateSigningRequest, filled(certificateSigningRequest, approved))).toMatchObject({
    SignerName: 'a.b/c',
    Condition: 'Approved',
  })
})
