import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { validatingAdmissionPolicy } from '../api/admissionregistration/validatingadmissionpolicy.ts'
import { customResourceDefinition } from '../api/apiextensions/index.ts'
import type { InputOf } from '../apimachinery/schema/kind.ts'
import { validatingAdmissionPolicyStatusController } from './validatingadmissionpolicy-status.ts'

const test = worldTest({ controllers: [validatingAdmissionPolicyStatusController] })
type Spec = InputOf<typeof validatingAdmissionPolicy>['spec']

const matching = (apiGroups: string[], resources: string[], apiVersions = ['v1']) => ({
  resourceRules: [{ apiGroups, apiVersions, operations: ['*'], resources }],
})
const DEPLOYMENTS = matching(['apps'], ['deployments'])

async function checked(world: World, spec: Spec, name = 'p') {
  await world.apply(validatingAdmissionPolicy, { metadata: { name }, spec })
  await world.settle()
  const { status } = await world.client.get(validatingAdmissionPolicy, { name })
  return status
}
const rule = (expression: string, more: object = {}) => ({ validations: [{ expression, ...more }] })

test('has nothing to say of what fits', async ({ world }) => {
  const expression = [
    'object.spec.replicas > 1',
    'object.spec.template.spec.containers.all(c, has(c.resources.limits) && c.resources.limits["cpu"] != "1")',
    'object.metadata.namespace.startsWith("a")',
    'oldObject == null || oldObject.metadata.creationTimestamp < timestamp("2030-01-01T00:00:00Z")',
    'authorizer.requestResource.check("delete").allowed()',
  ].join(' && ')
  const status = await checked(world, { matchConstraints: DEPLOYMENTS, ...rule(expression) })
  expect(status).toEqual({ observedGeneration: 1, typeChecking: {} })
})

test('names fields that are not there, and types that do not fit', async ({ world }) => {
  const { typeChecking } = await checked(world, {
    matchConstraints: DEPLOYMENTS,
    validations: [
      { expression: 'object.foo == "bar"', messageExpression: 'string(object.spec.replicas.x)' },
      { expression: 'object.spec.replicas > "1"' },
      { expression: 'true' },
    ],
  })
  expect(typeChecking?.expressionWarnings).toEqual([
    {
      fieldRef: 'spec.validations[0].expression',
      warning:
        'apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field \'foo\'\n | object.foo == "bar"\n | ......^\n',
    },
    {
      fieldRef: 'spec.validations[0].messageExpression',
      warning: expect.stringContaining("type 'int' does not support field selection"),
    },
    {
      fieldRef: 'spec.validations[1].expression',
      warning: expect.stringContaining("found no matching overload for '_>_' applied to '(int, string)'"),
    },
  ])
})

test('looks at every kind that is matched, and at none where there are wildcards', async ({ world }) => {
  const both = await checked(world, {
    matchConstraints: matching(['', 'apps'], ['pods', 'deployments', 'pods/status']),
    ...rule('object.spec.replicas == 1'),
  })
  expect(both.typeChecking?.expressionWarnings?.map(({ warning }) => warning.split(':')[0])).toEqual(['/v1, Kind=Pod'])
  const wild = await checked(world, { matchConstraints: matching(['*'], ['pods']), ...rule('has(object.x)') }, 'wild')
  expect(wild.typeChecking).toEqual({})
})

test('variables have the types of their expressions, params those of their kind', async ({ world }) => {
  const { typeChecking } = await checked(world, {
    matchConstraints: DEPLOYMENTS,
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [{ name: 'labels', expression: 'object.metadata.labels' }],
    validations: [
      { expression: 'variables.labels["a"] == params.data["b"]' },
      { expression: 'variables.labels > 1' },
      { expression: 'params.spec == 1' },
    ],
  })
  expect(typeChecking?.expressionWarnings?.map(({ fieldRef }) => fieldRef)).toEqual([
    'spec.validations[1].expression',
    'spec.validations[2].expression',
  ])
})

test('knows custom resources by their schemas', async ({ world }) => {
  await world.apply(customResourceDefinition, {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  })
  await world.settle()
  const { typeChecking } = await checked(world, {
    matchConstraints: matching(['example.com'], ['things']),
    ...rule('object.spec.size > 1 && object.metadata.labels["a"] == "b" && object.spec.height == 1'),
  })
  expect(typeChecking?.expressionWarnings).toHaveLength(1)
  expect(typeChecking?.expressionWarnings?.[0]?.warning).toContain("undefined field 'height'")
})

test('a policy that has changed is checked again', async ({ world }) => {
  await checked(world, { matchConstraints: DEPLOYMENTS, ...rule('has(object.foo)') })
  const status = await checked(world, { matchConstraints: DEPLOYMENTS, ...rule('has(object.spec.replicas)') })
  expect(status.observedGeneration).toBe(2)
  expect(status.typeChecking?.expressionWarnings).toBeUndefined()
})
