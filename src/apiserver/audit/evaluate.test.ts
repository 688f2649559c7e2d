import { expect, test } from 'vitest'
import { parseConfig } from '../../apimachinery/config-file.ts'
import { policyEvaluator } from './evaluate.ts'
import { auditPolicy } from './policy.ts'

const policyOf = (policy: object) =>
  parseConfig(auditPolicy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...policy }))
const pods = {
  isResourceRequest: true,
  path: '/api/v1/namespaces/default/pods/web',
  verb: 'get',
  group: '',
  version: 'v1',
  namespace: 'default',
  resource: 'pods',
  subresource: '',
  name: 'web',
}
const path = (path: string) => ({ ...pods, isResourceRequest: false, path, resource: '', name: '', namespace: '' })
const user = { name: 'jane', groups: ['admins'] }

test.each<[string, object, object, boolean]>([
  ['a user', { users: ['jane'] }, pods, true],
  ['another user', { users: ['joe'] }, pods, false],
  ['a group', { userGroups: ['admins'] }, pods, true],
  ['another group', { userGroups: ['others'] }, pods, false],
  ['a verb', { verbs: ['get'] }, pods, true],
  ['another verb', { verbs: ['list'] }, pods, false],
  ['a namespace', { namespaces: ['default'] }, pods, true],
  ['no namespace', { namespaces: [''] }, pods, false],
  ['a resource', { resources: [{ resources: ['pods'] }] }, pods, true],
  ['a resource of any group', { resources: [{ group: '*', resources: ['pods'] }] }, pods, true],
  ['a resource of another group', { resources: [{ group: 'apps', resources: ['pods'] }] }, pods, false],
  ['all of a group', { resources: [{ group: '' }] }, pods, true],
  ['an object', { resources: [{ resources: ['pods'], resourceNames: ['web'] }] }, pods, true],
  ['another object', { resources: [{ resources: ['pods'], resourceNames: ['db'] }] }, pods, false],
  ['no subresource', { resources: [{ resources: ['pods'] }] }, { ...pods, subresource: 'log' }, false],
  ['a subresource', { resources: [{ resources: ['pods/log'] }] }, { ...pods, subresource: 'log' }, true],
  ['all subresources', { resources: [{ resources: ['pods/*'] }] }, { ...pods, subresource: 'log' }, true],
  ['a subresource of all', { resources: [{ resources: ['*/log'] }] }, { ...pods, subresource: 'log' }, true],
  ['everything', { resources: [{ resources: ['*'] }] }, { ...pods, subresource: 'log' }, true],
  ['a path', { nonResourceURLs: ['/healthz*'] }, path('/healthz/ping'), true],
  ['another path', { nonResourceURLs: ['/version'] }, path('/healthz'), false],
  ['paths only', { nonResourceURLs: ['*'] }, pods, false],
  ['resources only', { resources: [{ group: '*' }] }, path('/healthz'), false],
])('a rule for %s', (_, rule, request, matches) => {
  const evaluate = policyEvaluator(policyOf({ rules: [{ level: 'Request', ...rule }] }))
  expect(evaluate(request as typeof pods, user).level).toBe(matches ? 'Request' : 'None')
})

test('the first rule that matches decides; stages of policy and rule are both left out', () => {
  const policy = policyOf({
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules: [
      { level: 'Metadata', verbs: ['get'], omitStages: ['ResponseStarted'], omitManagedFields: false },
      { level: 'Request' },
    ],
  })
  const config = policyEvaluator(policy)(pods, user)
  expect(config).toEqual({
    level: 'Metadata',
    omitStages: new Set(['RequestReceived', 'ResponseStarted']),
    omitManagedFields: false,
  })
  expect(policyEvaluator(policy)({ ...pods, verb: 'list' }, user).omitManagedFields).toBe(true)
})

test.each<[string, object, string]>([
  ['no rules', { rules: [] }, 'loaded illegal policy with 0 rules'],
  ['no level', { rules: [{}] }, 'rules[0].level: Required value'],
  [
    'another level',
    { rules: [{ level: 'All' }] },
    'rules[0].level: Unsupported value: "All": supported values: "Metadata", "None", "Request", "RequestResponse"',
  ],
  [
    'another stage',
    { rules: [{ level: 'None' }], omitStages: ['Sent'] },
    'omitStages[0]: Invalid value: "Sent": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic',
  ],
  [
    'resources and paths',
    { rules: [{ level: 'None', nonResourceURLs: ['/a'], namespaces: ['b'] }] },
    'rules cannot apply to both regular resources and non-resource URLs',
  ],
  [
    'a relative path',
    { rules: [{ level: 'None', nonResourceURLs: ['a'] }] },
    "non-resource URL rules must begin with a '/' character",
  ],
  [
    'a star within',
    { rules: [{ level: 'None', nonResourceURLs: ['/a*b'] }] },
    "non-resource URL wildcards '*' must be the final character of the rule",
  ],
  [
    'names without resources',
    { rules: [{ level: 'None', resources: [{ resourceNames: ['a'] }] }] },
    'using resourceNames requires at least one resource',
  ],
  [
    'a group with a version',
    { rules: [{ level: 'None', resources: [{ group: 'apps/v1' }] }] },
    'rules[0].resources.group: Invalid value: "apps/v1"',
  ],
])('a policy with %s is refused', (_, policy, message) => {
  expect(() => policyOf(policy)).toThrow(message)
})
