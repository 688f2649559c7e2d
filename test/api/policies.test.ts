import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const GROUP = '/apis/admissionregistration.k8s.io/v1'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())
afterEach(async () => {
  for (const kind of ['validatingadmissionpolicies', 'mutatingadmissionpolicies']) {
    await api.request('DELETE', `${GROUP}/${kind}`)
    await api.request('DELETE', `${GROUP}/${kind.replace('policies', 'policybindings')}`)
  }
})

const rules = (apiGroups: string[], resources: string[], operations = ['CREATE', 'UPDATE']) => ({
  resourceRules: [{ apiGroups, apiVersions: ['v1'], operations, resources }],
})

/** Makes a policy with a binding of the same name. */
async function policy(type: 'validating' | 'mutating', name: string, spec: object, binding: object = {}) {
  const matchConstraints = rules(['apps'], ['deployments'])
  const made = await api.request('POST', `${GROUP}/${type}admissionpolicies`, {
    metadata: { name },
    spec: { matchConstraints, ...(type === 'mutating' && { reinvocationPolicy: 'Never' }), ...spec },
  })
  expect(made.json.message ?? made.status).toBe(201)
  const actions = type === 'validating' ? { validationActions: ['Deny'] } : {}
  const bound = await api.request('POST', `${GROUP}/${type}admissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name, ...actions, ...binding },
  })
  expect(bound.json.message ?? bound.status).toBe(201)
}

let last = 0
const deploy = (replicas: number, more: object = {}, headers: Record<string, string> = {}) =>
  api.request(
    'POST',
    DEPLOYMENTS,
    {
      metadata: { name: `d${++last}`, ...more },
      spec: {
        replicas,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
      },
    },
    headers,
  )

test("a request that breaks a rule is refused in upstream's words", async () => {
  await policy('validating', 'few', { validations: [{ expression: 'object.spec.replicas <= 5' }] })
  expect((await deploy(5)).status).toBe(201)
  const { status, json } = await deploy(6)
  expect(status).toBe(422)
  expect(json).toMatchObject({
    reason: 'Invalid',
    message: `deployments.apps "d${last}" is forbidden: ValidatingAdmissionPolicy 'few' with binding 'few' denied request: failed expression: object.spec.replicas <= 5`,
  })
})

test('variables, messages, reasons, and what else expressions can name', async () => {
  await policy('validating', 'rich', {
    variables: [
      { name: 'replicas', expression: 'object.spec.replicas' },
      { name: 'tooMany', expression: 'variables.replicas > 2' },
    ],
    matchConditions: [{ name: 'not-root', expression: '!("exempt" in object.metadata.?labels.orValue({}))' }],
    validations: [
      {
        expression: '!variables.tooMany || request.userInfo.username == "boss"',
        messageExpression: '"at most 2, not " + string(variables.replicas) + " in " + namespaceObject.metadata.name',
        reason: 'Forbidden',
      },
      { expression: 'request.operation == "CREATE" && oldObject == null' },
    ],
  })
  expect((await deploy(2)).status).toBe(201)
  const { status, json } = await deploy(3)
  expect(status).toBe(403)
  expect(json.message).toContain('denied request: at most 2, not 3 in default')
  expect((await deploy(3, { labels: { exempt: '' } })).status).toBe(201)
})

test('the authorizer can be asked', async () => {
  await policy('validating', 'allowed', {
    validations: [
      { expression: "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()" },
      { expression: "authorizer.requestResource.check('delete').allowed()", message: 'you could not delete it' },
    ],
  })
  expect((await deploy(1)).status).toBe(201)
  await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'ann' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'maker' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }],
  })
  await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'maker' },
    rules: [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['create'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
    ],
  })
  const { json } = await deploy(1, {}, { 'impersonate-user': 'ann' })
  expect(json.message).toContain('denied request: you could not delete it')
})

test('parameters come from objects, by name or by label', async () => {
  const configMaps = '/api/v1/namespaces/default/configmaps'
  await api.request('POST', configMaps, { metadata: { name: 'limits', labels: { use: 'limits' } }, data: { max: '3' } })
  const spec = {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    validations: [{ expression: 'object.spec.replicas <= int(params.data.max)' }],
  }
  const paramRef = { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' }
  await policy('validating', 'named', spec, { paramRef })
  expect((await deploy(3)).status).toBe(201)
  expect((await deploy(4)).status).toBe(422)
  await api.request('DELETE', `${configMaps}/limits`)
  expect((await deploy(1)).json.message).toContain(
    'no params found for policy binding with `Deny` parameterNotFoundAction',
  )
})

test('warnings only warn; what cannot be evaluated is refused or let through', async () => {
  const broken = [{ expression: 'object.spec.nothing == 1' }]
  await policy('validating', 'warn', { validations: [{ expression: 'false' }] }, { validationActions: ['Warn'] })
  const warned = await deploy(1)
  expect(warned.status).toBe(201)
  expect(warned.headers.warning).toContain(
    "Validation failed for ValidatingAdmissionPolicy 'warn' with binding 'warn': failed expression: false",
  )
  await policy('validating', 'open', { validations: broken, failurePolicy: 'Ignore' })
  expect((await deploy(1)).status).toBe(201)
  await policy('validating', 'closed', { validations: broken })
  expect((await deploy(1)).json.message).toContain(
    "denied request: expression 'object.spec.nothing == 1' resulted in error: no such key: nothing",
  )
})

test('a policy whose expressions cannot be compiled is not taken', async () => {
  const { status, json } = await api.request('POST', `${GROUP}/validatingadmissionpolicies`, {
    metadata: { name: 'bad' },
    spec: {
      matchConstraints: rules([''], ['pods']),
      validations: [{ expression: 'object.spec +' }, { expression: '"text"' }, { expression: 'nobody.knows' }],
    },
  })
  expect(status).toBe(422)
  expect(json.message).toContain(
    'spec.validations[0].expression: Invalid value: "object.spec +": compilation failed: ERROR: <input>:1:14: Syntax error',
  )
  expect(json.message).toContain('spec.validations[1].expression: Invalid value: "\\"text\\"": must evaluate to bool')
  expect(json.message).toContain("undeclared reference to 'nobody' (in container '')")
})

test('mutating policies apply configurations and patches', async () => {
  await policy('mutating', 'a-label', {
    mutations: [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: {
          expression:
            'Object{metadata: Object.metadata{labels: {"made": "by-" + request.name}}, spec: Object.spec{replicas: 7}}',
        },
      },
    ],
  })
  await policy('mutating', 'b-patch', {
    matchConditions: [{ name: 'many', expression: 'object.spec.replicas > 5' }],
    mutations: [
      {
        patchType: 'JSONPatch',
        jsonPatch: {
          expression:
            '[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/size"), value: "large"}]',
        },
      },
    ],
  })
  const { json } = await deploy(1, { labels: { own: 'x' } })
  expect(json.spec.replicas).toBe(7)
  expect(json.metadata.labels).toEqual({ own: 'x', made: `by-d${last}`, 'example.com/size': 'large' })
  expect(json.spec.template.spec.containers).toHaveLength(1)
})
