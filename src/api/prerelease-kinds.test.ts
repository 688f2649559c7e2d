import { expect, test } from 'vitest'
import { At } from '../apimachinery/validation/at.ts'
import { storageVersion } from './apiserverinternal/index.ts'
import { leaseCandidate } from './coordination/index.ts'
import { deviceTaintRule, resourcePoolStatusRequest } from './resource/index.ts'
import { podGroup, workload } from './scheduling/index.ts'
import { storageVersionMigration } from './storagemigration/index.ts'
import { filled, problems, row, updateProblems } from './testing.ts'

/** What is wrong with a change of the status. */
function statusProblems(kind: Parameters<typeof filled>[0], old: object, changed: object): string[] {
  const at = new At()
  kind.validateStatusUpdate?.(filled(kind, changed), filled(kind, old), at)
  return at.errors.map(({ field, message }) => `${field}: ${message}`)
}

const candidate = { leaseName: 'l', binaryVersion: '1.36.0', strategy: 'OldestEmulationVersion' }

test('a candidate says what versions it has, and which lease it would hold for ever', () => {
  const valid = { ...candidate, emulationVersion: '1.35.0' }
  expect(problems(leaseCandidate, { spec: valid })).toEqual([])
  expect(problems(leaseCandidate, { spec: { ...valid, emulationVersion: '1.36.0-alpha.1' } })).toEqual([])
  expect(problems(leaseCandidate, { spec: {} })).toEqual([
    'spec.strategy: Required value',
    'spec.leaseName: Required value',
    'spec.binaryVersion: Required value',
  ])
  expect(problems(leaseCandidate, { spec: candidate })).toEqual([
    "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'",
  ])
  expect(problems(leaseCandidate, { spec: { ...valid, binaryVersion: 'v1', strategy: 'Best' } })).toEqual([
    'spec.binaryVersion: Invalid value: "v1": must be a valid semantic version',
    'spec.strategy: Unsupported value: "Best": supported values: "OldestEmulationVersion"',
  ])
  expect(problems(leaseCandidate, { spec: { ...valid, emulationVersion: '1.37.0' } })).toEqual([
    'spec.binaryVersion: Invalid value: "1.36.0": must be greater than or equal to `emulationVersion`',
  ])
  expect(updateProblems(leaseCandidate, { spec: valid }, { spec: { ...valid, leaseName: 'm' } })).toEqual([
    'spec.leaseName: Invalid value: "m": field is immutable',
  ])
})

test('a group of pods is scheduled in one way, and stays as it is', () => {
  const spec = { schedulingPolicy: { gang: { minCount: 2 } } }
  expect(problems(podGroup, { spec })).toEqual([])
  expect(filled(podGroup, { spec }).spec.disruptionMode).toBe('Pod')
  expect(problems(podGroup, { spec: { schedulingPolicy: {} } })).toEqual([
    'spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`',
  ])
  expect(problems(podGroup, { spec: { schedulingPolicy: { basic: {}, gang: { minCount: 0 } } } })).toEqual([
    'spec.schedulingPolicy.gang.minCount: Required value',
    'spec.schedulingPolicy: Invalid value: "{`basic`, `gang`}": must specify exactly one of: `basic`, `gang`',
  ])
  const wrong = { ...spec, resourceClaims: [{ name: 'a' }], disruptionMode: 'Node', priority: 2_000_000_000 }
  expect(problems(podGroup, { spec: wrong })).toEqual([
    'spec.resourceClaims[0]: Invalid value: "": must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    'spec.disruptionMode: Unsupported value: "Node": supported values: "Pod", "PodGroup"',
    'spec.priority: Invalid value: 2000000000: must be less than or equal to 1000000000',
  ])
  const other = { schedulingPolicy: { gang: { minCount: 3 } } }
  expect(updateProblems(podGroup, { spec }, { spec: other })).toEqual([
    'spec.schedulingPolicy: Invalid value: {"gang":{"minCount":3}}: field is immutable',
  ])
  const status = { resourceClaimStatuses: [{ name: 'gpu' }] }
  expect(statusProblems(podGroup, { spec }, { spec, status })).toEqual([
    'status.resourceClaimStatuses[0].name: Invalid value: "gpu": must match the name of an entry in `spec.resourceClaims`',
  ])
})

test('a workload has up to eight templates, each of a name of its own', () => {
  const template = (name: string) => ({ name, schedulingPolicy: { basic: {} } })
  expect(problems(workload, { spec: { podGroupTemplates: [template('a')] } })).toEqual([])
  expect(problems(workload, { spec: {} })).toEqual(['spec.podGroupTemplates: Required value'])
  const nine = Array.from({ length: 9 }, (_, i) => template(`t${i}`))
  expect(problems(workload, { spec: { podGroupTemplates: nine } })).toEqual([
    'spec.podGroupTemplates: Too many: 9: must have at most 8 items',
  ])
  expect(problems(workload, { spec: { podGroupTemplates: [template('a'), template('a')] } })).toEqual([
    'spec.podGroupTemplates[1]: Duplicate value: {"name":"a"}',
  ])
})

test('a migration names a resource, and ends once', () => {
  const spec = { resource: { group: 'apps', resource: 'deployments' } }
  expect(problems(storageVersionMigration, { spec })).toEqual([])
  expect(problems(storageVersionMigration, { spec: { resource: {} } })).toEqual([
    'spec.resource.resource: Required value: resource is required',
  ])
  expect(row(storageVersionMigration, filled(storageVersionMigration, { spec }))).toEqual({
    Resource: 'deployments.apps',
  })
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: 'R',
    message: 'm',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })
  const done = { spec, status: { resourceVersion: '7', conditions: [condition('Succeeded')] } }
  expect(statusProblems(storageVersionMigration, { spec }, done)).toEqual([])
  const [problem, ...more] = statusProblems(storageVersionMigration, done, {
    spec,
    status: { resourceVersion: '7', conditions: [condition('Running')] },
  })
  expect(problem).toMatch(/^status\.conditions: .*: Success condition cannot be set to false once it is true$/)
  expect(more).toEqual([])
  expect(statusProblems(storageVersionMigration, { spec }, { spec, status: { resourceVersion: 'x' } })).toEqual([
    'status.resourceVersion: Invalid value: "x": failed to parse resource version "x": strconv.ParseInt: parsing "x": invalid syntax',
  ])
})

test('storage versions of servers that agree have a common one', () => {
  const server = { apiServerID: 'a', encodingVersion: 'v1', decodableVersions: ['v1'] }
  const of = (...storageVersions: object[]) => ({ status: { storageVersions } })
  expect(statusProblems(storageVersion, {}, of(server))).toEqual([
    'status.commonEncodingVersion: Invalid value: null: the common encoding version is v1',
  ])
  const other = { apiServerID: 'b', encodingVersion: 'x/y/z', decodableVersions: ['v1'] }
  const [parsing, missing] = statusProblems(storageVersion, {}, of(server, other))
  expect(parsing).toContain(
    'status.storageVersions[1].encodingVersion: Invalid value: "x/y/z": an apiVersion is a DNS-1035',
  )
  expect(missing).toContain('decodableVersions must include encodingVersion x/y/z')
  expect(storageVersion.nameFormat?.('pods', false)).toEqual(['name must be in the form of <group>.<resource>'])
})

test('a taint of devices is there since its rule was made', () => {
  const spec = { deviceSelector: { driver: 'Bad_' }, taint: { key: 'k', effect: 'Never' } }
  expect(problems(deviceTaintRule, { spec })).toEqual([
    expect.stringContaining('spec.deviceSelector.driver: Invalid value: "Bad_"'),
    'spec.taint.effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"',
  ])
  const rule = filled(deviceTaintRule, { spec, metadata: { creationTimestamp: '2026-01-01T00:00:00Z' } })
  deviceTaintRule.prepareForCreate?.(rule)
  expect(rule.spec.taint.timeAdded).toBe('2026-01-01T00:00:00Z')
})

test('a request for the state of pools is answered once', () => {
  const spec = { driver: 'd.example.com' }
  expect(filled(resourcePoolStatusRequest, { spec }).spec.limit).toBe(100)
  expect(problems(resourcePoolStatusRequest, { spec: { driver: '', poolName: '', limit: 1001 } })).toEqual([
    'spec.driver: Required value: driver name is required',
    'spec.poolName: Invalid value: "": must not be empty when specified',
    'spec.limit: Invalid value: 1001: must be less than or equal to 1000',
  ])
  const status = { poolCount: 1, pools: [{ driver: 'd.example.com', poolName: 'p', generation: -1 }] }
  expect(statusProblems(resourcePoolStatusRequest, { spec }, { spec, status })).toEqual([
    'status.pools[0].generation: Invalid value: -1: must be greater than or equal to 0',
  ])
  const [problem] = statusProblems(resourcePoolStatusRequest, { spec, status: { poolCount: 2 } }, { spec, status })
  expect(problem).toMatch(/^status: Invalid value: .*: field is immutable$/)
})
