import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { findKubectls, kubectlSession } from '../support/kubectl.ts'
import { failing, runSteps, type Step, step } from '../support/kubectl-steps.ts'

/** A definition whose names are the session's own. */
const definition = (name: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${name}s.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: ${name}s, singular: ${name}, kind: ${name[0]!.toUpperCase()}${name.slice(1)}, shortNames: [s${name}], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}
    additionalPrinterColumns:
    - {name: Size, type: string, jsonPath: .spec.size}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    selectableFields: [{jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        description: Something small.
        properties:
          spec:
            type: object
            description: How it should be.
            required: [size]
            x-kubernetes-validations:
            - {rule: "self.replicas <= 3 || self.size == 'L'", messageExpression: "'%d replicas only fit size L'.format([self.replicas])"}
            - {rule: "self.size >= oldSelf.size", message: "size cannot grow", fieldPath: .size}
            properties:
              size: {type: string, enum: [S, M, L], description: How large.}
              replicas: {type: integer, minimum: 0, maximum: 10, default: 1}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}, port: {x-kubernetes-int-or-string: true}}
              any: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status:
            type: object
            properties: {replicas: {type: integer}, selector: {type: string}}
`

const object = (name: string, more = '') => `apiVersion: example.com/v1
kind: ${name[0]!.toUpperCase()}${name.slice(1)}
metadata: {name: a}
spec:
  size: M
  ports: [{name: http, port: 80}]
${more}`

/** As applications stated them before v1: one schema for all versions, and nothing said of fields that it does not state. */
const oldDefinition = (name: string) => `apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: old${name}s.example.com}
spec:
  group: example.com
  version: v1alpha1
  scope: Namespaced
  names: {plural: old${name}s, kind: Old${name}}
  additionalPrinterColumns:
  - {name: Size, type: string, JSONPath: .spec.size}
  validation:
    openAPIV3Schema:
      properties: {spec: {properties: {size: {type: string, maxLength: 3}}}}
`

/** THING stands for the name of the definition. */
const steps: Step[] = [
  step('create namespace NS', 'namespace/NS created'),
  step('apply -f crd.yaml', 'customresourcedefinition.apiextensions.k8s.io/THINGs.example.com created'),
  step('wait --for=condition=Established crd/THINGs.example.com --timeout=10s', 'condition met'),
  step('apply -f crd.yaml', 'unchanged'),
  step('get crd THINGs.example.com', 'THINGs.example.com'),
  step('apply -f a.yaml', 'THING.example.com/a created'),
  step('apply -f a.yaml', 'THING.example.com/a unchanged'),
  step('get THINGs', /NAME +SIZE +REPLICAS\na +M +1\n/),
  step('get sTHING a -o jsonpath={.spec.replicas}', /^1$/),
  step('get all', /THING\.example\.com\/a +M +1/),
  step('get THINGs --field-selector spec.size=M', 'a'),
  step('get THINGs --field-selector spec.size=L', 'No resources found'),
  { args: ['diff', '-f', 'a2.yaml'], fails: /- {2}replicas: 1\n\+ {2}replicas: 2/ },
  step('apply -f a2.yaml', 'THING.example.com/a configured'),
  step('diff -f a2.yaml', /^$/),
  step(['patch', 'THING', 'a', '--type', 'merge', '-p', '{"spec":{"replicas":3}}'], 'patched'),
  step(
    ['patch', 'THING', 'a', '--type', 'json', '-p', '[{"op":"replace","path":"/spec/replicas","value":2}]'],
    'patched',
  ),
  failing(
    ['patch', 'THING', 'a', '-p', '{"spec":{"replicas":3}}'],
    /(unsupported media|unknown format|strategic merge patch)/i,
  ),
  failing(
    ['patch', 'THING', 'a', '--type', 'merge', '-p', '{"spec":{"replicas":4}}'],
    'spec: Invalid value: 4 replicas only fit size L',
  ),
  failing(
    ['patch', 'THING', 'a', '--type', 'merge', '-p', '{"spec":{"size":"L"}}'],
    'spec.size: Invalid value: size cannot grow',
  ),
  failing('apply -f wrong.yaml', /unknown field "(spec\.)?sise"/),
  failing(
    'apply --validate=false -f wrong.yaml',
    /spec\.replicas: Invalid value: 11: spec\.replicas in body should be less than or equal to 10/,
  ),
  step('apply --server-side -f a2.yaml --force-conflicts', 'THING.example.com/a serverside-applied'),
  step('apply --server-side --field-manager other -f port.yaml', 'serverside-applied'),
  step('get THING a -o jsonpath={.spec.ports}', '[{"name":"http","port":80},{"name":"https","port":"s"}]'),
  step('edit THING a', 'THING.example.com/a edited', { env: { EDITOR: 'sed -i s/name:.https/name:\\ tls/' } }),
  step('get THING a -o jsonpath={.spec.ports[*].name}', 'http tls'),
  step('scale THING a --replicas=3', 'THING.example.com/a scaled'),
  step(
    ['patch', 'THING', 'a', '--subresource=status', '--type', 'merge', '-p', '{"status":{"replicas":3}}'],
    'patched',
    { since: 24 },
  ),
  step('get THING a -o jsonpath={.status.replicas}/{.metadata.generation}', /^3\/\d+$/, { since: 24 }),
  step('explain THING', /Something small/),
  step('explain THING.spec.size', /How large/),
  step('explain THINGs --recursive', /replicas\s+<integer>/),
  step('api-resources --api-group=example.com', /THINGs +sTHING +example\.com\/v1 +true/),
  step('label THING a x=y', 'labeled'),
  step('annotate THING a x=y', /annotated?/),
  step('get THING -l x=y -o name', 'THING.example.com/a'),
  step('describe THING a', /Kind: +Thing/i),
  step(
    'apply -f old.yaml',
    'is deprecated in v1.16+, unavailable in v1.22+; use apiextensions.k8s.io/v1 CustomResourceDefinition',
  ),
  step('wait --for=condition=Established crd/oldTHINGs.example.com --timeout=10s', 'condition met'),
  step('apply -f old.yaml', 'unchanged'),
  step('create -f -', 'created', {
    stdin:
      '{"apiVersion":"example.com/v1alpha1","kind":"OldTHING","metadata":{"name":"o"},"spec":{"size":"big","x":1}}',
  }),
  step('get oldTHINGs', /NAME +SIZE\no +big/),
  step('get oldTHING o -o jsonpath={.spec.x}', /^1$/),
  failing(
    ['patch', 'oldTHING', 'o', '--type', 'merge', '-p', '{"spec":{"size":"huge"}}'],
    'spec.size: Too long: may not be more than 3 bytes',
  ),
  step('delete -f old.yaml --timeout=10s', 'deleted'),
  step('delete THING a --timeout=10s', 'deleted'),
  step('apply -f a.yaml', 'created'),
  step('delete -f crd.yaml --timeout=20s', 'deleted'),
  failing('get THINGs', /NotFound|doesn't have a resource type/),
  step('delete namespace NS --timeout=30s', 'deleted'),
]

const kubectls = findKubectls()

describe.skipIf(kubectls.length === 0)('custom resources', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await createCluster({ hollowNodes: 0 })
  })
  afterAll(() => cluster.stop())

  test.each(kubectls)(
    'are defined, applied, compared, edited and explained by kubectl 1.$minor',
    async kubectl => {
      const name = `thing${kubectl.minor}`
      const session = kubectlSession(kubectl, cluster.kubeconfig)
      try {
        session.file('crd.yaml', definition(name))
        session.file('old.yaml', oldDefinition(name))
        session.file('a.yaml', object(name))
        session.file('a2.yaml', object(name, '  replicas: 2\n'))
        session.file('wrong.yaml', object(name, '  replicas: 11\n  sise: 1\n'))
        session.file('port.yaml', object(name).replace('http, port: 80', 'https, port: s'))
        const own = steps.map(one => ({
          ...one,
          args: one.args.map(arg => arg.replaceAll('THING', name)),
          stdin: one.stdin?.replaceAll('THING', name),
          says: named(one.says, name),
          fails: named(one.fails, name),
        }))
        const wrong = await runSteps(session, `crd${kubectl.minor}`, kubectl.minor, own)
        expect(wrong.join('\n\n')).toBe('')
      } finally {
        session.end()
      }
    },
    120_000,
  )
})

function named<T extends string | RegExp | undefined>(text: T, name: string): T {
  if (text === undefined) return text
  if (typeof text === 'string') return text.replaceAll('THING', name) as T
  return new RegExp(text.source.replaceAll('THING', name), text.flags) as T
}
