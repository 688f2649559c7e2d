import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { patchOf, type WebhookServer, webhookServer } from '../support/webhook-server.ts'

const ADMISSION = '/apis/admissionregistration.k8s.io/v1'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const MERGE = { 'content-type': 'application/merge-patch+json' }
let api: ApiUnderTest
let hooks: WebhookServer
beforeAll(async () => {
  api = await startApi()
  hooks = await webhookServer()
})
afterAll(async () => {
  await api.stop()
  await hooks.stop()
})
afterEach(async () => {
  for (const kind of [
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicybindings',
    'validatingadmissionpolicies',
    'mutatingadmissionpolicybindings',
    'mutatingadmissionpolicies',
  ]) {
    await api.request('DELETE', `${ADMISSION}/${kind}`)
  }
})

let last = 0
async function deployment(replicas = 1): Promise<string> {
  const name = `d${++last}`
  const { status } = await api.request('POST', DEPLOYMENTS, {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
    },
  })
  expect(status).toBe(201)
  return name
}
const scale = (name: string, replicas: number) =>
  api.request('PATCH', `${DEPLOYMENTS}/${name}/scale`, { spec: { replicas } }, MERGE)

const rule = (resources: string[]) => ({
  operations: ['UPDATE'],
  apiGroups: ['apps'],
  apiVersions: ['v1'],
  resources,
})

async function policy(type: 'validating' | 'mutating', spec: object): Promise<void> {
  const matchConstraints = { resourceRules: [rule(['deployments/scale'])] }
  const made = await api.request('POST', `${ADMISSION}/${type}admissionpolicies`, {
    metadata: { name: 'p' },
    spec: { matchConstraints, ...spec },
  })
  expect(made.json.message ?? made.status).toBe(201)
  const bound = await api.request('POST', `${ADMISSION}/${type}admissionpolicybindings`, {
    metadata: { name: 'p' },
    spec: { policyName: 'p', ...(type === 'validating' && { validationActions: ['Deny'] }) },
  })
  expect(bound.json.message ?? bound.status).toBe(201)
}

test('webhooks see a Scale, and may change it', async () => {
  const name = await deployment(1)
  hooks.answers.set('/scale', () => patchOf({ op: 'replace', path: '/spec/replicas', value: 4 }))
  await api.request('POST', `${ADMISSION}/mutatingwebhookconfigurations`, {
    metadata: { name: 'scale' },
    webhooks: [
      {
        name: 'scale.example.com',
        clientConfig: { url: `${hooks.url}/scale`, caBundle: hooks.caBundle },
        rules: [rule(['*/scale'])],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  })
  const { status, json } = await scale(name, 3)
  expect(status).toBe(200)
  expect(json).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 4 } })
  expect((await api.request('GET', `${DEPLOYMENTS}/${name}`)).json.spec.replicas).toBe(4)
  const [request] = hooks.seen.get('/scale')!
  expect(request).toMatchObject({
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    subResource: 'scale',
    requestKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    object: { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name }, spec: { replicas: 3 } },
    oldObject: { kind: 'Scale', spec: { replicas: 1 } },
  })
})

test('policies see a Scale', async () => {
  const name = await deployment(1)
  await policy('validating', {
    validations: [{ expression: 'object.kind == "Scale" && object.spec.replicas <= oldObject.spec.replicas + 2' }],
  })
  expect((await scale(name, 3)).status).toBe(200)
  const { status, json } = await scale(name, 6)
  expect(status).toBe(422)
  expect(json.message).toContain(`deployments.apps "${name}" is forbidden: ValidatingAdmissionPolicy 'p'`)
})

test('policies may change a Scale', async () => {
  const name = await deployment(1)
  await policy('mutating', {
    reinvocationPolicy: 'Never',
    mutations: [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: object.spec.replicas * 2}}' },
      },
    ],
  })
  const { json } = await scale(name, 3)
  expect(json.message ?? json.spec).toEqual({ replicas: 6 })
})

test('a negative number is an invalid Scale', async () => {
  const name = await deployment(1)
  const { status, json } = await scale(name, -1)
  expect(status).toBe(422)
  expect(json).toMatchObject({
    message: `Scale.autoscaling "${name}" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0`,
    details: { group: 'autoscaling', kind: 'Scale', name },
  })
})

test('another uid, version or name is refused', async () => {
  const name = await deployment(1)
  const { json: found } = await api.request('GET', `${DEPLOYMENTS}/${name}/scale`)
  const put = (metadata: object) =>
    api.request('PUT', `${DEPLOYMENTS}/${name}/scale`, { ...found, metadata: { ...found.metadata, ...metadata } })
  const otherUid = await put({ uid: 'other' })
  expect(otherUid.status).toBe(409)
  expect(otherUid.json.message).toBe(
    `Operation cannot be fulfilled on deployments/scale.apps "${name}": Precondition failed: UID in precondition: other, UID in object meta: ${found.metadata.uid}`,
  )
  const otherVersion = await put({ resourceVersion: '1' })
  expect(otherVersion.json.message).toContain(`Operation cannot be fulfilled on deployments.apps "${name}"`)
  const otherName = await put({ name: 'elsewhere' })
  expect(otherName.json.message).toBe(`the name of the object (elsewhere) does not match the name on the URL (${name})`)
})

test('a Scale is shown in columns of its own, and in protobuf', async () => {
  const name = await deployment(3)
  const as = (accept: string) => api.request('GET', `${DEPLOYMENTS}/${name}/scale`, undefined, { accept })
  const { json } = await as('application/json;as=Table;v=v1;g=meta.k8s.io')
  expect(json.columnDefinitions.map((column: { name: string }) => column.name)).toEqual([
    'Name',
    'Desired',
    'Available',
    'Age',
  ])
  expect(json.rows[0].cells.slice(0, 3)).toEqual([name, 3, 0])
  const { headers, text } = await as('application/vnd.kubernetes.protobuf')
  expect(headers['content-type']).toBe('application/vnd.kubernetes.protobuf')
  expect(text.startsWith('k8s\0')).toBe(true)
})
