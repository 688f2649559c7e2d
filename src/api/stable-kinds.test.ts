import { expect, test } from 'vitest'
import { validatingAdmissionPolicy, validatingAdmissionPolicyBinding } from './admissionregistration/index.ts'
import { mutatingAdmissionPolicy } from './admissionregistration/mutatingadmissionpolicy.ts'
import { apiService } from './apiregistration/index.ts'
import { flowSchema, priorityLevelConfiguration } from './flowcontrol/index.ts'
import { ipAddress, serviceCIDR } from './networking/index.ts'
import { deviceClass, resourceClaim, resourceSlice } from './resource/index.ts'
import { csiDriver, csiNode, volumeAttachment, volumeAttributesClass } from './storage/index.ts'
import { filled, problems, row, updateProblems } from './testing.ts'

const metadata = { name: 'x' }

test('a CSIDriver’s defaults, rules and row', () => {
  const driver = filled(csiDriver, { metadata, spec: {} })
  expect(driver.spec).toEqual({
    attachRequired: true,
    podInfoOnMount: false,
    volumeLifecycleModes: ['Persistent'],
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    requiresRepublish: false,
    seLinuxMount: false,
  })
  expect(row(csiDriver, driver)).toMatchObject({
    AttachRequired: true,
    TokenRequests: '<unset>',
    Modes: 'Persistent',
  })
  const tokenRequests = [{ audience: 'a' }, { audience: 'a' }, { audience: 'b', expirationSeconds: 1 }]
  expect(problems(csiDriver, { metadata, spec: { tokenRequests } })).toEqual([
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
    'spec.tokenRequests[2].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
  ])
  expect(updateProblems(csiDriver, { metadata, spec: {} }, { metadata, spec: { attachRequired: false } })).toEqual([
    'spec.attachedRequired: Invalid value: false: field is immutable',
  ])
})

test('a CSINode’s drivers keep what they are', () => {
  const node = (driver: object) => ({
    metadata,
    spec: { drivers: [{ name: 'a.b', nodeID: 'n', topologyKeys: ['z'], ...driver }] },
  })
  expect(problems(csiNode, node({ nodeID: '' }))).toEqual(['spec.drivers[0].nodeID: Required value'])
  expect(updateProblems(csiNode, node({}), node({ allocatable: { count: 3 } }))).toEqual([])
  expect(updateProblems(csiNode, node({}), node({ nodeID: 'm' }))[0]).toMatch(/^spec\.drivers: .*field is immutable$/)
})

test('a VolumeAttachment names one volume', () => {
  const attachment = (source: object) => ({ metadata, spec: { attacher: 'a.b', nodeName: 'n', source } })
  expect(problems(volumeAttachment, attachment({ persistentVolumeName: 'pv' }))).toEqual([])
  expect(problems(volumeAttachment, attachment({}))).toEqual([
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ])
  expect(problems(volumeAttributesClass, { metadata, driverName: 'a.b' })).toEqual([
    'parameters: Required value: must contain at least one key/value pair',
  ])
})

test('addresses and ranges of Services', () => {
  const parentRef = { resource: 'services', namespace: 'default', name: 'kubernetes' }
  const address = filled(ipAddress, { metadata: { name: '10.0.0.1' }, spec: { parentRef } })
  expect(row(ipAddress, address)).toEqual({ ParentRef: 'services/default/kubernetes' })
  expect(problems(ipAddress, { metadata, spec: {} })).toEqual(['spec.parentRef: Required value'])
  const cidr = (...cidrs: string[]) => ({ metadata, spec: { cidrs } })
  expect(problems(serviceCIDR, cidr())).toEqual(['spec.cidrs: Required value: at least one CIDR required'])
  expect(problems(serviceCIDR, cidr('10.0.0.0/8', '11.0.0.0/8'))[0]).toContain('no more than one IP for each IP family')
  expect(updateProblems(serviceCIDR, cidr('10.0.0.0/8'), cidr('10.0.0.0/8', 'fd00::/112'))).toEqual([])
  expect(updateProblems(serviceCIDR, cidr('10.0.0.0/8'), cidr('11.0.0.0/8'))).toEqual([
    'spec.cidrs[0]: Invalid value: "11.0.0.0/8": field is immutable',
  ])
})

test('a ValidatingAdmissionPolicy says which requests and what must hold', () => {
  const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }
  const policy = (spec: object) => ({
    metadata,
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }], ...spec },
  })
  const whole = filled(validatingAdmissionPolicy, policy({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }))
  expect(whole.spec.matchConstraints).toMatchObject({ matchPolicy: 'Equivalent', namespaceSelector: {} })
  expect(row(validatingAdmissionPolicy, whole)).toMatchObject({ Validations: 1, ParamKind: 'v1/ConfigMap' })
  expect(problems(validatingAdmissionPolicy, policy({}))).toEqual([])
  expect(problems(validatingAdmissionPolicy, { metadata, spec: {} })).toEqual([
    'spec.matchConstraints: Required value',
    'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
    'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
  ])
  expect(problems(validatingAdmissionPolicy, policy({ variables: [{ name: 'for', expression: '1' }] }))).toEqual([
    'spec.variables[0].name: Invalid value: "for": name is not a valid CEL identifier',
  ])
  const binding = { policyName: 'x', validationActions: ['Deny', 'Warn'], paramRef: { name: 'p' } }
  expect(problems(validatingAdmissionPolicyBinding, { metadata, spec: binding })).toEqual([
    'spec.paramRef.parameterNotFoundAction: Required value',
    'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ])
  const mutations = [{ patchType: 'JSONPatch' }]
  expect(
    problems(mutatingAdmissionPolicy, {
      metadata,
      spec: { matchConstraints: { resourceRules: [{ ...rule, operations: ['DELETE'] }] }, mutations },
    }),
  ).toEqual([
    'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
    'spec.matchConstraints.resourceRules.operations: Invalid value: "DELETE": must be either CREATE or UPDATE',
    'spec.reinvocationPolicy: Required value',
  ])
})

test('flow schemas and priority levels', () => {
  const rules = [
    {
      subjects: [{ kind: 'User', group: { name: 'g' } }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/a/*', 'b'] }],
    },
  ]
  const schema = { metadata, spec: { priorityLevelConfiguration: { name: 'p' }, matchingPrecedence: 1, rules } }
  expect(problems(flowSchema, schema).sort()).toEqual([
    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "b": must start with slash',
    "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
    "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
  ])
  const limited = { limitResponse: { type: 'Queue', queuing: { handSize: 20 } } }
  const level = filled(priorityLevelConfiguration, { metadata, spec: { type: 'Limited', limited } })
  expect(level.spec.limited).toEqual({
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
    limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 20, queueLengthLimit: 50 } },
  })
  expect(problems(priorityLevelConfiguration, level)).toEqual([
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 20: required entropy bits of deckSize 64 and handSize 20 should not be greater than 60',
  ])
  const exempt = { type: 'Exempt', exempt: { nominalConcurrencyShares: 10 } }
  expect(problems(priorityLevelConfiguration, { metadata: { name: 'exempt' }, spec: exempt })).toEqual([])
  const changed = { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }
  expect(problems(priorityLevelConfiguration, { metadata: { name: 'catch-all' }, spec: changed })[0]).toMatch(
    /spec of 'catch-all' must equal the fixed value$/,
  )
})

test('an APIService is called after its version and group', () => {
  const spec = { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 }
  expect(problems(apiService, { metadata: { name: 'v1.a.b' }, spec })).toEqual([])
  expect(problems(apiService, { metadata: { name: 'y' }, spec: { ...spec, service: {} } })).toEqual([
    'metadata.name: Invalid value: "y": must be `spec.version+"."+spec.group`: "v1.a.b"',
    'spec.service.namespace: Required value',
    'spec.service.name: Required value',
  ])
})

test('claims, classes and slices of devices', () => {
  const claim = (devices: object) => ({ metadata, spec: { devices } })
  const requests = [{ name: 'r', exactly: { deviceClassName: 'gpu' } }]
  const whole = filled(resourceClaim, claim({ requests }))
  expect(whole.spec.devices.requests[0]?.exactly).toEqual({
    deviceClassName: 'gpu',
    allocationMode: 'ExactCount',
    count: 1,
  })
  expect(row(resourceClaim, whole)).toMatchObject({ State: 'pending' })
  const constraints = [{ requests: ['s'], matchAttribute: 'a.b/numa' }]
  expect(problems(resourceClaim, claim({ requests, constraints }))).toEqual([
    'spec.devices.constraints[0].requests[0]: Invalid value: "s": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
  ])
  expect(problems(resourceClaim, claim({ requests: [{ name: 'r' }] }))).toEqual([
    'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
  ])
  expect(updateProblems(resourceClaim, claim({ requests }), claim({ requests: [] }))[0]).toMatch(
    /^spec: Invalid value: .*: field is immutable$/,
  )
  expect(problems(deviceClass, { metadata, spec: { selectors: [{}], extendedResourceName: 'gpu' } })).toEqual([
    'spec.selectors[0].cel: Required value',
    'spec.extendedResourceName: Invalid value: "gpu": must be a valid extended resource name',
  ])
  const pool = { name: 'p', generation: 1, resourceSliceCount: 1 }
  const slice = (spec: object) => ({ metadata, spec: { driver: 'a.b', pool, nodeName: 'n', ...spec } })
  const device = {
    name: 'd',
    attributes: { model: { string: 'm' }, v: { version: '1.0' } },
    capacity: { m: { value: '1Gi' } },
  }
  expect(problems(resourceSlice, slice({ devices: [device] }))).toEqual([
    'spec.devices[0].attributes[v].version: Invalid value: "1.0": must be a string compatible with semver.org spec 2.0.0',
  ])
  expect(problems(resourceSlice, slice({ allNodes: true }))).toEqual([
    'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
  ])
})
