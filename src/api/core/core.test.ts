import { expect, test } from 'vitest'
import { filled, problems, row, updateProblems } from '../testing.ts'
import { binding } from './binding.ts'
import { configMap } from './configmap.ts'
import { endpoints } from './endpoints.ts'
import { event } from './event.ts'
import { limitRange } from './limitrange.ts'
import { namespace } from './namespace.ts'
import { node } from './node.ts'
import { persistentVolumeClaim } from './persistentvolumeclaim.ts'
import { resourceQuota } from './resourcequota.ts'
import { secret } from './secret.ts'

const metadata = { name: 'x', namespace: 'default' }

test('a namespace is named in its labels and held by its contents', () => {
  const object = filled(namespace, { metadata: { name: 'dev' } })
  namespace.prepareForCreate?.(object)
  expect(object.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'dev' })
  expect(object.spec.finalizers).toEqual(['kubernetes'])
  expect(row(namespace, object)).toEqual({ Status: 'Active', Age: '<unknown>' })
})

test('ConfigMap keys are checked and immutable data stays', () => {
  expect(problems(configMap, { metadata, data: { 'a b': 'x' } })[0]).toContain(
    'data[a b]: Invalid value: "a b": a valid config key',
  )
  expect(problems(configMap, { metadata, data: { a: 'x' }, binaryData: { a: 'eA==' } })).toEqual([
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ])
  expect(
    updateProblems(configMap, { metadata, immutable: true, data: { a: '1' } }, { metadata, data: { a: '2' } }),
  ).toEqual([
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
  ])
})

test('stringData becomes data and the type stays', () => {
  const object = filled(secret, { metadata, stringData: { a: 'x' } })
  expect(object).toMatchObject({ type: 'Opaque', data: { a: 'eA==' } })
  expect(object.stringData).toBeUndefined()
  expect(updateProblems(secret, { metadata }, { metadata, type: 'other' })).toContain(
    'type: Invalid value: "other": field is immutable',
  )
  expect(problems(secret, { metadata, type: 'kubernetes.io/tls' })).toEqual([
    'data[tls.crt]: Required value',
    'data[tls.key]: Required value',
  ])
})

test('a node’s row tells whether it is ready', () => {
  const object = filled(node, {
    metadata: { name: 'n', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.5' }],
      nodeInfo: { kubeletVersion: 'v1.36.0' },
    },
  })
  expect(row(node, object)).toMatchObject({
    Status: 'Ready,SchedulingDisabled',
    Roles: 'control-plane',
    Version: 'v1.36.0',
    'Internal-IP': '10.0.0.5',
    'External-IP': '<none>',
  })
})

test('taints are unique', () => {
  const taint = { key: 'a', effect: 'NoSchedule' }
  expect(problems(node, { metadata: { name: 'n' }, spec: { taints: [taint, taint] } })[0]).toMatch(
    /^spec\.taints\[1\]: Duplicate value: .*: taints must be unique by key and effect pair$/,
  )
})

test('endpoints show three addresses', () => {
  const addresses = ['1', '2', '3', '4'].map(last => ({ ip: `10.0.0.${last}` }))
  const object = filled(endpoints, { metadata, subsets: [{ addresses, ports: [{ port: 80 }] }] })
  expect(row(endpoints, object).Endpoints).toBe('10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...')
  expect(
    problems(endpoints, { metadata, subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 1 }] }] }),
  ).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ])
})

test('a binding names a node', () => {
  expect(problems(binding, { metadata, target: { kind: 'Pod' } })).toEqual([
    'target.kind: Unsupported value: "Pod": supported values: "<empty>", "Node"',
    'target.name: Required value',
  ])
})

test('an event lives where its object does', () => {
  expect(problems(event, { metadata, involvedObject: { namespace: 'other' } })).toEqual([
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ])
})

test('an event’s row', () => {
  const object = filled(event, {
    metadata,
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    reason: 'Started',
    message: 'Started container ',
    type: 'Normal',
    source: { component: 'kubelet', host: 'n1' },
    lastTimestamp: '2024-01-01T00:00:00Z',
    firstTimestamp: '2024-01-01T00:00:00Z',
  })
  expect(row(event, object, Date.UTC(2024, 0, 1, 0, 0, 30))).toEqual({
    'Last Seen': '30s',
    Type: 'Normal',
    Reason: 'Started',
    Object: 'pod/p',
    Subobject: '',
    Source: 'kubelet, n1',
    Message: 'Started container',
    'First Seen': '30s',
    Count: 1,
    Name: 'x',
  })
})

test('a claim asks for storage', () => {
  expect(problems(persistentVolumeClaim, { metadata, spec: {} })).toEqual([
    'spec.accessModes: Required value: at least 1 access mode is required',
    'spec.resources[storage]: Required value',
  ])
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  expect(
    updateProblems(persistentVolumeClaim, { metadata, spec }, { metadata, spec: { ...spec, volumeName: 'v' } }),
  ).toEqual([])
  expect(
    updateProblems(persistentVolumeClaim, { metadata, spec }, { metadata, spec: { ...spec, volumeMode: 'Block' } })[0],
  ).toContain('spec: Forbidden: spec is immutable after creation except resources.requests')
})

test('a quota knows its resources', () => {
  expect(problems(resourceQuota, { metadata, spec: { hard: { nonsense: '1' } } })[0]).toBe(
    'spec.hard[nonsense]: Invalid value: "nonsense": must be a standard resource type or fully qualified',
  )
  const object = filled(resourceQuota, {
    metadata,
    status: { hard: { pods: '4', 'limits.cpu': '2' }, used: { pods: '1' } },
  })
  expect(row(resourceQuota, object)).toMatchObject({ Request: 'pods: 1/4', Limit: 'limits.cpu: 0/2' })
})

test('limits of a LimitRange fit together', () => {
  const limits = [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }]
  expect(problems(limitRange, { metadata, spec: { limits } })).toContain(
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  )
})
