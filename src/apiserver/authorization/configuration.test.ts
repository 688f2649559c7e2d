import { expect, test } from 'vitest'
import { parseConfig } from '../../apimachinery/config-file.ts'
import { authorizationConfiguration } from './configuration.ts'

const webhook = {
  timeout: '3s',
  subjectAccessReviewVersion: 'v1',
  failurePolicy: 'Deny',
  connectionInfo: { type: 'InClusterConfig' },
}
const asking = (more: object = {}) => ({ type: 'Webhook', name: 'w', webhook: { ...webhook, ...more } })

function problems(...authorizers: object[]): string {
  const text = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers }
  try {
    parseConfig(authorizationConfiguration, JSON.stringify(text))
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('several webhooks may be asked, and what is left out is filled in', () => {
  expect(problems({ type: 'Node', name: 'node' }, asking(), { ...asking(), name: 'v' })).toBe('')
})

test.each<[string, object[], string]>([
  ['nobody', [], 'authorizers: Required value: at least one authorization mode must be defined'],
  [
    'somebody unknown',
    [{ type: 'ABAC', name: 'a' }],
    'authorizers[0].type: Unsupported value: "ABAC": supported values: "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
  ],
  [
    'somebody twice',
    [
      { type: 'RBAC', name: 'a' },
      { type: 'RBAC', name: 'b' },
    ],
    'authorizers[1].type: Duplicate value: "RBAC"',
  ],
  ['no name', [{ type: 'RBAC' }], 'authorizers[0].name: Required value'],
  [
    'a webhook nowhere',
    [{ type: 'Webhook', name: 'a' }],
    'authorizers[0].webhook: Required value: required when type=Webhook',
  ],
  ['no timeout', [asking({ timeout: '0s' })], 'authorizers[0].timeout: Required value'],
  [
    'too long a timeout',
    [asking({ timeout: '31s' })],
    'authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s',
  ],
  [
    'a file that is not named in full',
    [asking({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'a/b' } })],
    'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "a/b": must be an absolute path',
  ],
  [
    'conditions on something that is not said',
    [asking({ matchConditions: [{ expression: 'true' }] })],
    'authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified',
  ],
  [
    'a condition that is none',
    [asking({ matchConditionSubjectAccessReviewVersion: 'v1', matchConditions: [{ expression: 'request.user' }] })],
    'authorizers[0].matchConditions[0].expression: Invalid value: "request.user": must evaluate to bool but got string',
  ],
])('%s is refused', (_, authorizers, problem) => {
  expect(problems(...authorizers)).toBe(problem)
})
