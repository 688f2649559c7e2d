import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
})
afterAll(() => api.stop())

const PODS = '/api/v1/namespaces/default/pods'
const pod = (container: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'bad' },
  spec: { containers: [{ name: 'c', image: 'busybox', ...container }] },
})

test('names the field whose type is wrong', async () => {
  const answer = await api.request('POST', PODS, pod({ env: [{ name: 'DEBUG', value: true }] }))
  expect(answer.status).toBe(400)
  expect(answer.json.reason).toBe('BadRequest')
  expect(answer.json.message).toBe(
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string',
  )
})

test('strict validation refuses unknown and duplicate fields', async () => {
  const text = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"data":{"a":"1","a":"2"},"extra":1}'
  const answer = await api.request('POST', '/api/v1/namespaces/default/configmaps?fieldValidation=Strict', text)
  expect(answer.status).toBe(400)
  expect(answer.json.message).toContain('strict decoding error: duplicate field "data.a", unknown field "extra"')
})

test('without strictness unknown fields are warned about and dropped', async () => {
  const answer = await api.request('POST', '/api/v1/namespaces/default/configmaps', {
    metadata: { name: 'warned' },
    extra: 1,
  })
  expect(answer.status).toBe(201)
  expect(answer.headers.warning).toContain('unknown field \\"extra\\"')
  expect(answer.json.extra).toBeUndefined()
})

test('words an invalid name as upstream does', async () => {
  const answer = await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'Not_Valid' } })
  expect(answer.status).toBe(422)
  expect(answer.json.message).toBe(
    `ConfigMap "Not_Valid" is invalid: metadata.name: Invalid value: "Not_Valid": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
  )
})

test('lists every wrong field', async () => {
  const answer = await api.request('POST', PODS, {
    metadata: { name: 'bad' },
    spec: { containers: [{ name: '', image: '' }] },
  })
  expect(answer.status).toBe(422)
  const fields = answer.json.details.causes.map((cause: { field: string }) => cause.field)
  expect(fields).toEqual(expect.arrayContaining(['spec.containers[0].name', 'spec.containers[0].image']))
})

test('refuses a body of 4 MB', async () => {
  const answer = await api.request('POST', '/api/v1/namespaces/default/configmaps', {
    metadata: { name: 'big' },
    data: { a: 'x'.repeat(4 << 20) },
  })
  expect(answer.status).toBe(413)
  expect(answer.json.message).toBe('Request entity too large: limit is 3145728')
})

test('takes deep nesting and alias bombs without harm', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', deep)).status).toBe(400)
  const nested = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`
  expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', nested)).status).toBe(422)
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]']
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    )
  const yaml = { 'content-type': 'application/yaml' }
  expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', lines.join('\n'), yaml)).status).toBe(400)
  expect((await api.request('GET', '/readyz')).text).toBe('ok')
})

test('malformed JSON is a bad request', async () => {
  const answer = await api.request('POST', '/api/v1/namespaces/default/configmaps', '{"metadata":')
  expect(answer.status).toBe(400)
  expect(answer.json.message).toContain('unexpected end of JSON input')
})

test('a body that does not say what it is is shown', async () => {
  const MAPS = '/api/v1/namespaces/default/configmaps'
  const refused = async (body: string, type = 'application/json') => {
    const { status, json } = await api.request('POST', MAPS, body, { 'content-type': type })
    return `${status} ${json.message}`
  }
  const start = '400 the object provided is unrecognized (must be of type ConfigMap): '
  expect(await refused('{"metadata":{"name":"longer than is shown"}')).toBe(
    `${start}couldn't get version/kind; json parse error: unexpected end of JSON input ({"metadata":{"name":"longer th ...)`,
  )
  expect(await refused('[]')).toBe(
    `${start}couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)`,
  )
  expect(await refused('')).toBe(
    `${start}couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
  )
  expect(await refused('{}', 'application/vnd.kubernetes.protobuf')).toBe(
    `${start}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})`,
  )
  expect(await refused('{"metadata":{"name":"x"},"data":{"a":1}}')).toBe(
    '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  )
})

test('another kind or version than the path says is refused', async () => {
  const kind = await api.request('POST', PODS, { kind: 'Service', apiVersion: 'v1', metadata: { name: 'x' } })
  expect(kind.status).toBe(400)
  const version = await api.request('POST', PODS, { ...pod({}), apiVersion: 'v2' })
  expect(version.json.message).toBe(
    'Pod in version "v2" cannot be handled as a Pod: no kind "Pod" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  )
  const scaler = await api.request('POST', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata: { name: 'x' },
  })
  expect(scaler.json.message).toBe(
    'the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)',
  )
})

test('unknown paths, methods and media types get their statuses', async () => {
  expect((await api.request('GET', '/api/v1/namespaces/default/gadgets')).status).toBe(404)
  expect((await api.request('GET', '/nothing/here')).status).toBe(404)
  expect((await api.request('PUT', '/api/v1/namespaces/default/configmaps', {})).status).toBe(405)
  const media = { 'content-type': 'text/plain' }
  expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', 'x', media)).status).toBe(415)
  expect((await api.request('GET', '/api/v1/namespaces', undefined, { accept: 'image/png' })).status).toBe(406)
})

test('path tricks reach nothing', async () => {
  for (const path of [
    '/api/v1/namespaces/default/configmaps/..%2f..%2fsecrets',
    '/api/v1/namespaces/default%2fpods/x',
    '/api/v1/namespaces/%zz',
  ]) {
    expect((await api.request('GET', path)).status).toBeGreaterThanOrEqual(400)
  }
})

test('names that lead elsewhere, and methods that are not there, are refused', async () => {
  const refused = async (method: string, path: string) => {
    const { status, json } = await api.request(method, `/api/v1/${path}`)
    return `${status} ${json.message}`
  }
  for (const [path, name] of [
    ['..', '..'],
    ['%2e%2e', '..'],
    ['.', '.'],
  ]) {
    const wrong = `400 Name parameter invalid: "${name}": may not be '${name}'`
    expect(await refused('GET', `namespaces/default/configmaps/${path}`)).toBe(wrong)
    expect(await refused('DELETE', `namespaces/default/configmaps/${path}`)).toBe(wrong)
  }
  expect(await refused('GET', 'namespaces/default/configmaps/a%25b')).toBe(
    `400 Name parameter invalid: "a%b": may not contain '%'`,
  )
  const method = '405 the server does not allow this method on the requested resource'
  expect(await refused('DELETE', 'namespaces')).toBe(method)
  expect(await refused('PUT', 'namespaces/default/configmaps')).toBe(method)
})

test('requests without credentials may see only health and version', async () => {
  const none = { authorization: 'Basic none' }
  expect((await api.request('GET', '/healthz', undefined, none)).status).toBe(200)
  const pods = await api.request('GET', PODS, undefined, none)
  expect(pods.status).toBe(403)
  expect(pods.json.message).toBe(
    'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
  )
  expect((await api.request('GET', PODS, undefined, { authorization: 'Bearer wrong' })).status).toBe(401)
})

test('options that do not go together or are not offered are refused', async () => {
  const MAPS = '/api/v1/namespaces/default/configmaps'
  const refused = async (method: string, query: string, body?: unknown) => {
    const { status, json } = await api.request(method, `${MAPS}${query}`, body)
    return `${status} ${json.message}`
  }
  const list = '422 ListOptions.meta.k8s.io "" is invalid: '
  expect(await refused('GET', '?resourceVersionMatch=Exact')).toBe(
    `${list}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
  )
  expect(await refused('GET', '?resourceVersion=1&resourceVersionMatch=Near')).toBe(
    `${list}resourceVersionMatch: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""`,
  )
  expect(await refused('GET', '?sendInitialEvents=true')).toBe(
    `${list}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`,
  )
  expect(await refused('GET', '?watch=1&sendInitialEvents=true')).toBe(
    `${list}resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`,
  )
  expect(await refused('GET', '?timeoutSeconds=x')).toBe('400 strconv.ParseInt: parsing "x": invalid syntax')
  expect(await refused('GET', '?limit=99999999999999999999')).toBe(
    '400 strconv.ParseInt: parsing "99999999999999999999": value out of range',
  )
  const named = { metadata: { name: 'optional' } }
  expect(await refused('POST', '?dryRun=yes', named)).toBe(
    '422 CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["yes"]: supported values: "All"',
  )
  expect(await refused('POST', '?fieldValidation=maybe', named)).toBe(
    '422 CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "maybe": supported values: "", "Ignore", "Strict", "Warn"',
  )
  expect(await refused('DELETE', '/optional?propagationPolicy=Later')).toBe(
    '422 DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Later": supported values: "Foreground", "Background", "Orphan", "nil"',
  )
  expect(await refused('DELETE', '/optional?dryRun=yes')).toBe(
    '422 DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["yes"]: supported values: "All"',
  )
})
