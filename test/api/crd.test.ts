import { KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JSONSchemaProps } from '../../src/api/apiextensions/index.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { CRDS, crdOf, serve, untilCondition, untilServed, versionOf } from '../support/crd.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi({ controllers: true })
})
afterAll(() => api.stop())

const MERGE = { 'content-type': 'application/merge-patch+json' }
const APPLY = { 'content-type': 'application/apply-patch+yaml' }
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
const at = (plural: string, name = '', version = 'v1', namespace = 'default') =>
  `/apis/example.com/${version}/namespaces/${namespace}/${plural}${name && `/${name}`}`
const objectOf = (kind: string, name: string, rest: object = {}, version = 'v1') => ({
  apiVersion: `example.com/${version}`,
  kind,
  metadata: { name },
  ...rest,
})

/** Served, with every kind of field. */
const spec: JSONSchemaProps = {
  type: 'object',
  properties: {
    text: { type: 'string', maxLength: 5, pattern: '^[a-z]*$' },
    count: { type: 'integer', minimum: 1, maximum: 10, default: 2 },
    odd: { type: 'integer', multipleOf: 2 },
    choice: { type: 'string', enum: ['a', 'b'] },
    nothing: { type: 'string', nullable: true },
    when: { type: 'string', format: 'date-time' },
    port: { 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' }, maxItems: 3 },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, size: { type: 'integer', default: 1 } },
      },
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    one: {
      type: 'object',
      properties: { x: { type: 'string' }, y: { type: 'string' } },
      oneOf: [{ required: ['x'] }, { required: ['y'] }],
    },
    template: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
  },
}

describe('objects', () => {
  beforeAll(async () => {
    await serve(api, crdOf('Widget', [versionOf('v1', { properties: { spec } })]))
  })
  const create = (name: string, fields: object, query = '') =>
    api.request('POST', at('widgets') + query, objectOf('Widget', name, { spec: fields }))

  test('unknown fields go, defaults come, nulls that are not allowed go', async () => {
    const given = {
      junk: 1,
      nothing: null,
      text: null,
      parts: [{ name: 'p', junk: 1 }],
      free: { a: { b: [1] } },
      template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', junk: 1 }, more: 1 },
    }
    const { json } = await create('forms', given)
    expect(json.spec).toEqual({
      count: 2,
      nothing: null,
      parts: [{ name: 'p', size: 1 }],
      free: { a: { b: [1] } },
      template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, more: 1 },
    })
  })

  test('strict validation names what is unknown or doubled', async () => {
    const { status, json } = await create(
      'strict',
      { junk: 1, parts: [{ name: 'p', odd: 1 }] },
      '?fieldValidation=Strict',
    )
    expect(status).toBe(400)
    expect(json.message).toContain(
      'strict decoding error: unknown field "spec.junk", unknown field "spec.parts[0].odd"',
    )
    const warned = await create('warned', { junk: 1 }, '?fieldValidation=Warn')
    expect(warned.headers.warning).toBe('299 - "unknown field \\"spec.junk\\""')
  })

  test.each<[string, object, string]>([
    ['too long', { text: 'abcdef' }, 'spec.text: Too long: may not be more than 5 bytes'],
    ['no match', { text: 'A' }, 'spec.text: Invalid value: "A": spec.text in body should match \'^[a-z]*$\''],
    [
      'too large',
      { count: 11 },
      'spec.count: Invalid value: 11: spec.count in body should be less than or equal to 10',
    ],
    [
      'too small',
      { count: 0 },
      'spec.count: Invalid value: 0: spec.count in body should be greater than or equal to 1',
    ],
    ['no multiple', { odd: 3 }, 'spec.odd: Invalid value: 3: spec.odd in body should be a multiple of 2'],
    ['no choice', { choice: 'c' }, 'spec.choice: Unsupported value: "c": supported values: "a", "b"'],
    [
      'a string',
      { count: 'x' },
      'spec.count: Invalid value: "string": spec.count in body must be of type integer: "string"',
    ],
    ['no time', { when: 'now' }, 'spec.when: Invalid value: "now": spec.when in body must be of type date-time: "now"'],
    [
      'neither',
      { port: 1.5 },
      'spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"',
    ],
    ['a double', { tags: ['a', 'a'] }, 'spec.tags[1]: Duplicate value: "a"'],
    ['a double key', { parts: [{ name: 'a' }, { name: 'a' }] }, 'spec.parts[1]: Duplicate value: {"name":"a"}'],
    ['too many', { tags: ['a', 'b', 'c', 'd'] }, 'spec.tags: Too many: 4: must have at most 3 items'],
    ['missing', { parts: [{}] }, 'spec.parts[0].name: Required value'],
    ['no kind', { template: { metadata: {} } }, 'spec.template.apiVersion: Required value'],
  ])('%s', async (_, fields, message) => {
    const answer = await create('wrong', fields)
    expect(answer.status).toBe(422)
    expect(answer.json.message).toContain('Widget.example.com "wrong" is invalid: ')
    expect(answer.json.message).toContain(message)
  })

  test('neither of two', async () => {
    const { json } = await create('wrong', { one: {} })
    expect(json.message).toContain('"spec.one" must validate one and only one schema (oneOf). Found none valid')
  })

  test('a pattern cannot hang the server', async () => {
    const hang = {
      properties: { spec: { type: 'object', properties: { x: { type: 'string', pattern: '^(a+)+$' } } } },
    } as const
    await serve(api, crdOf('Hang', [versionOf('v1', hang)]))
    const before = performance.now()
    const x = `${'a'.repeat(20_000)}!`
    expect((await api.request('POST', at('hangs'), objectOf('Hang', 'h', { spec: { x } }))).status).toBe(422)
    expect(performance.now() - before).toBeLessThan(5000)
  })

  test('lists merge by their keys in server-side apply, and owners conflict', async () => {
    const apply = (manager: string, fields: object, more = '') =>
      api.request(
        'PATCH',
        `${at('widgets', 'ssa')}?fieldManager=${manager}${more}`,
        objectOf('Widget', 'ssa', { spec: fields }),
        APPLY,
      )
    await apply('one', { text: 'a', tags: ['x'], parts: [{ name: 'p', size: 1 }] })
    const { json } = await apply('two', { tags: ['y'], parts: [{ name: 'q', size: 2 }] })
    expect(json.spec).toMatchObject({
      tags: ['x', 'y'],
      parts: [
        { name: 'p', size: 1 },
        { name: 'q', size: 2 },
      ],
    })
    const conflict = await apply('two', { text: 'b' })
    expect(conflict.status).toBe(409)
    expect(conflict.json.message).toContain('conflict with "one": .spec.text')
    expect((await apply('one', { tags: ['x'] })).json.spec).toMatchObject({ tags: ['x', 'y'], parts: [{ name: 'q' }] })
  })

  test('what is no JSON is refused', async () => {
    const proto = 'application/vnd.kubernetes.protobuf'
    expect((await api.request('GET', at('widgets'), undefined, { accept: proto })).status).toBe(406)
    expect((await api.request('POST', at('widgets'), Buffer.from('k8s\0'), { 'content-type': proto })).status).toBe(415)
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
    expect((await api.request('PATCH', at('widgets', 'ssa'), {}, strategic)).status).toBe(415)
  })

  test('what was wrong before a rule came may stay, but not change', async () => {
    const name = 'ratchets.example.com'
    await serve(
      api,
      crdOf('Ratchet', [
        versionOf('v1', {
          properties: { spec: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } } },
        }),
      ]),
    )
    await api.request('POST', at('ratchets'), objectOf('Ratchet', 'r', { spec: { a: 'toolong' } }))
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a'
    const patch = [
      { op: 'add', path: `${path}/maxLength`, value: 3 },
      { op: 'add', path: `${path}/x-kubernetes-validations`, value: [{ rule: "self.startsWith('x')" }] },
    ]
    expect(
      (await api.request('PATCH', `${CRDS}/${name}`, patch, { 'content-type': 'application/json-patch+json' })).status,
    ).toBe(200)
    const merge = (fields: object) => api.request('PATCH', at('ratchets', 'r'), { spec: fields }, MERGE)
    while ((await merge({ a: 'another' })).status !== 422) await merge({ a: 'toolong' })
    const kept = await merge({ b: 'x' })
    expect(kept.status).toBe(200)
    expect(kept.headers.warning).toContain('spec.a: Invalid value: \\"toolong\\": failed rule: self.startsWith(\'x\')')
    expect((await merge({ a: 'y' })).json.message).toContain("failed rule: self.startsWith('x')")
  })
})

describe('subresources, columns and selectors', () => {
  const columns = [
    { name: 'Size', type: 'string', jsonPath: '.spec.size' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Born', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Depth', type: 'integer', jsonPath: '.spec.depth', priority: 1 },
  ]
  beforeAll(async () => {
    const integer = { type: 'integer' }
    const schema = {
      properties: {
        spec: {
          type: 'object',
          properties: { size: { type: 'string' }, depth: integer, replicas: { ...integer, maximum: 5 } },
        },
        status: {
          type: 'object',
          properties: {
            replicas: integer,
            selector: { type: 'string' },
            conditions: {
              type: 'array',
              items: { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } },
            },
          },
        },
      },
    }
    const subresources = {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    }
    const more = { subresources, additionalPrinterColumns: columns, selectableFields: [{ jsonPath: '.spec.size' }] }
    await serve(api, crdOf('Gadget', [versionOf('v1', schema, more)]))
    await api.request(
      'POST',
      at('gadgets'),
      objectOf('Gadget', 'g', { spec: { size: 'S', depth: 3, replicas: 1 }, status: { replicas: 9 } }),
    )
  })

  test('the status is written by itself', async () => {
    expect((await api.request('GET', at('gadgets', 'g'))).json.status).toBeUndefined()
    const status = { replicas: 1, selector: 'a=b', conditions: [{ type: 'Ready', status: 'True' }] }
    const { json } = await api.request('PATCH', `${at('gadgets', 'g')}/status`, { spec: { size: 'X' }, status }, MERGE)
    expect(json).toMatchObject({ spec: { size: 'S' }, status, metadata: { generation: 1 } })
    const wrong = await api.request('PATCH', `${at('gadgets', 'g')}/status`, { status: { replicas: 'x' } }, MERGE)
    expect(wrong.json.message).toContain(
      'status.replicas: Invalid value: "string": replicas in body must be of type integer: "string"',
    )
  })

  test('it scales, as far as its schema allows', async () => {
    const scale = await api.request('GET', `${at('gadgets', 'g')}/scale`)
    expect(scale.json).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { replicas: 1, selector: 'a=b' } })
    const scaled = await api.request('PATCH', `${at('gadgets', 'g')}/scale`, { spec: { replicas: 4 } }, MERGE)
    expect(scaled.json.spec).toEqual({ replicas: 4 })
    expect((await api.request('GET', at('gadgets', 'g'))).json).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 2 },
    })
    const tooMany = await api.request('PATCH', `${at('gadgets', 'g')}/scale`, { spec: { replicas: 6 } }, MERGE)
    expect(tooMany.json.message).toContain('spec.replicas in body should be less than or equal to 5')
    await api.request('POST', at('gadgets'), objectOf('Gadget', 'none', { spec: { size: 'L' } }))
    expect((await api.request('GET', `${at('gadgets', 'none')}/scale`)).json.message).toBe(
      'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
    )
  })

  test('tables have its columns', async () => {
    const { json } = await api.request('GET', at('gadgets', 'g'), undefined, TABLE)
    expect(
      json.columnDefinitions.map((c: { name: string; type: string; priority: number }) => [c.name, c.type, c.priority]),
    ).toEqual([
      ['Name', 'string', 0],
      ['Size', 'string', 0],
      ['Ready', 'string', 0],
      ['Born', 'date', 0],
      ['Depth', 'integer', 1],
    ])
    expect(json.rows[0].cells).toEqual(['g', 'S', 'True', expect.stringMatching(/^\d+s$/), 3])
  })

  test('fields select', async () => {
    const names = async (selector: string) =>
      (await api.request('GET', `${at('gadgets')}?fieldSelector=${selector}`)).json.items?.map(
        (i: { metadata: { name: string } }) => i.metadata.name,
      )
    expect(await names('spec.size%3DS')).toEqual(['g'])
    expect(await names('spec.size!%3DS')).toEqual(['none'])
    expect((await api.request('GET', `${at('gadgets')}?fieldSelector=spec.depth%3D3`)).status).toBe(400)
  })

  test('discovery and OpenAPI know it, and a client without its types can use it', async () => {
    const { json } = await api.request('GET', '/apis/example.com/v1')
    const own = json.resources.filter((r: { name: string }) => r.name.startsWith('gadgets'))
    expect(own.map((r: { name: string; kind: string }) => [r.name, r.kind])).toEqual([
      ['gadgets', 'Gadget'],
      ['gadgets/scale', 'Scale'],
      ['gadgets/status', 'Gadget'],
    ])
    const v3 = (await api.request('GET', '/openapi/v3/apis/example.com/v1')).json
    const schema = v3.components.schemas['com.example.v1.Gadget']
    expect(schema['x-kubernetes-group-version-kind']).toEqual([{ group: 'example.com', kind: 'Gadget', version: 'v1' }])
    const patches = v3.paths['/apis/example.com/v1/namespaces/{namespace}/gadgets/{name}'].patch.requestBody.content
    expect(Object.keys(patches)).not.toContain('application/strategic-merge-patch+json')
    const v2 = (await api.request('GET', '/openapi/v2')).json
    expect(v2.definitions['com.example.v1.Gadget'].properties.spec.properties.size).toEqual({ type: 'string' })
    expect(v2.definitions['com.example.v1.GadgetList']).toBeDefined()

    const config = new KubeConfig()
    config.loadFromString(api.cluster.kubeconfig)
    const client = KubernetesObjectApi.makeApiClient(config)
    await client.create(objectOf('Gadget', 'typed', { spec: { size: 'M' } }) as never)
    const listed = await client.list('example.com/v1', 'Gadget', 'default')
    expect(listed.items.map(({ metadata }) => metadata?.name)).toContain('typed')
  })
})

describe('rules', () => {
  const rules = (...all: object[]) => ({ 'x-kubernetes-validations': all })
  beforeAll(async () => {
    const schema = {
      ...rules({ rule: "self.metadata.name.startsWith('r')", message: 'must begin with r' }),
      properties: {
        spec: {
          type: 'object',
          ...rules(
            {
              rule: 'self.min <= self.max',
              message: 'min is larger than max',
              reason: 'FieldValueForbidden',
              fieldPath: '.min',
            },
            { rule: '!has(self.port) || type(self.port) == int ? true : self.port.matches("^[a-z]+$")' },
            {
              rule: 'self.list.all(a, a > 0)',
              messageExpression: '"%d too small".format([self.list.filter(a, a <= 0).size()])',
            },
            { rule: '!has(oldSelf.frozen) || has(self.frozen) && self.frozen == oldSelf.frozen', message: 'frozen' },
            { rule: 'self.max / self.divisor > 0' },
          ),
          properties: {
            min: { type: 'integer', default: 0 },
            max: { type: 'integer', default: 100 },
            divisor: { type: 'integer', default: 1 },
            port: { 'x-kubernetes-int-or-string': true },
            list: { type: 'array', default: [], maxItems: 10_000, items: { type: 'integer' } },
            frozen: { type: 'string', maxLength: 10 },
            once: {
              type: 'string',
              maxLength: 10,
              ...rules({ rule: 'oldSelf.hasValue() || self == "new"', optionalOldSelf: true }),
            },
          },
        },
      },
    }
    await serve(api, crdOf('Rule', [versionOf('v1', schema as never)]))
  })
  const create = (name: string, fields: object) =>
    api.request('POST', at('rules'), objectOf('Rule', name, { spec: fields }))

  test.each<[string, object, string]>([
    ['x', {}, 'Rule.example.com "x" is invalid: <nil>: Invalid value: must begin with r'],
    ['r', { min: 101 }, 'spec.min: Forbidden: min is larger than max'],
    [
      'r',
      { port: 'A' },
      'spec: Invalid value: failed rule: !has(self.port) || type(self.port) == int ? true : self.port.matches("^[a-z]+$")',
    ],
    ['r', { list: [1, -1] }, 'spec: Invalid value: 1 too small'],
    [
      'r',
      { divisor: 0 },
      'spec: Invalid value: "object": division by zero evaluating rule: self.max / self.divisor > 0',
    ],
    ['r', { once: 'old' }, 'spec.once: Invalid value: "old": failed rule: oldSelf.hasValue() || self == "new"'],
  ])('%s with %j is refused', async (name, fields, message) => {
    const answer = await create(name, fields)
    expect([answer.status, answer.json.message]).toEqual([422, expect.stringContaining(message)])
  })

  test('what does not even have the right form is not judged', async () => {
    const { json } = await create('x', { min: 'a' })
    expect(json.details.causes.map((c: { message: string }) => c.message)).toEqual([
      'Invalid value: "string": spec.min in body must be of type integer: "string"',
      'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ])
  })

  test('transitions', async () => {
    expect((await create('ra', { frozen: 'a', once: 'new' })).status).toBe(201)
    const patch = (fields: object) => api.request('PATCH', at('rules', 'ra'), { spec: fields }, MERGE)
    expect((await patch({ frozen: 'b' })).json.message).toContain('spec: Invalid value: frozen')
    expect((await patch({ once: 'old' })).status).toBe(200)
  })

  test('a rule that takes too long is given up', async () => {
    const items = { type: 'integer' }
    const dear = {
      type: 'array',
      maxItems: 300,
      items,
      ...rules({ rule: 'self.all(a, self.all(b, self.all(c, a + b + c > 0)))' }),
    }
    const made = await api.request('POST', CRDS, crdOf('Dear', [versionOf('v1', { properties: { dear } } as never)]))
    expect(made.json.message).toContain('estimated rule cost exceeds budget by factor of')
    const bounded = { ...dear, maxItems: 100, ...rules({ rule: 'self.all(a, self.all(b, a + b > 0))' }) }
    await serve(
      api,
      crdOf('Dear', [
        versionOf('v1', {
          properties: { dear: bounded, many: { type: 'array', maxItems: 70, items: bounded } },
        } as never),
      ]),
    )
    const many = Array.from({ length: 70 }, () => Array.from({ length: 100 }, () => 1))
    const body = { ...objectOf('Dear', 'd'), many }
    expect((await api.request('POST', at('dears'), body)).status).toBe(201)
  })
})

describe('definitions', () => {
  test('names that are taken are not accepted, until they are free', async () => {
    await serve(
      api,
      crdOf('Taken', [versionOf('v1', {})], { names: { plural: 'takens', kind: 'Taken', shortNames: ['tk'] } }),
    )
    const second = crdOf('Other', [versionOf('v1', {})], {
      names: { plural: 'others', kind: 'Other', shortNames: ['tk'] },
    })
    await api.request('POST', CRDS, second)
    const { status } = await untilCondition(api, 'others.example.com', 'NamesAccepted', 'False')
    expect(status.conditions[0]).toMatchObject({ reason: 'ShortNamesConflict', message: '"tk" is already in use' })
    expect((await api.request('GET', at('others'))).status).toBe(404)
    await api.request('DELETE', `${CRDS}/takens.example.com`)
    const accepted = await untilCondition(api, 'others.example.com', 'Established')
    expect(accepted.status.acceptedNames).toMatchObject({ plural: 'others', singular: 'other', listKind: 'OtherList' })
  })

  test('it is served at once, in discovery too', async () => {
    const before = performance.now()
    await serve(api, crdOf('Quick', [versionOf('v1', {})]))
    const { json } = await api.request('GET', '/apis/example.com/v1')
    expect(json.resources.map((r: { name: string }) => r.name)).toContain('quicks')
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('deleting one deletes its objects, ends its watches, and unserves it', async () => {
    await serve(api, crdOf('Gone', [versionOf('v1', {})]))
    await api.request('POST', at('gones'), objectOf('Gone', 'a'))
    await api.request('POST', at('gones'), {
      ...objectOf('Gone', 'b'),
      metadata: { name: 'b', finalizers: ['example.com/wait'] },
    })
    const watched = api.watch(`${at('gones')}?watch=true&resourceVersion=0`, () => false)
    await api.request('DELETE', `${CRDS}/gones.example.com`)
    const terminating = await untilCondition(api, 'gones.example.com', 'Terminating')
    expect(terminating.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    const refused = await api.request('POST', at('gones'), objectOf('Gone', 'c'))
    expect([refused.status, refused.json.message]).toEqual([
      405,
      'create not allowed while custom resource definition is terminating',
    ])
    await api.request('PATCH', at('gones', 'b'), { metadata: { finalizers: null } }, MERGE)
    const events = await watched
    expect(
      events
        .filter(({ type }) => type === 'DELETED')
        .map(({ object }) => object.metadata.name)
        .sort(),
    ).toEqual(['a', 'b'])
    await untilServed(api, at('gones'), 404)
    expect(
      (await api.request('GET', '/apis/example.com/v1')).json.resources?.map((r: { name: string }) => r.name) ?? [],
    ).not.toContain('gones')
    await serve(api, crdOf('Gone', [versionOf('v1', {})]))
    expect((await api.request('GET', at('gones'))).json.items).toEqual([])
  })

  test('one in a protected group says whether it is approved', async () => {
    const crd = crdOf('Approved', [versionOf('v1', {})], { group: 'x.k8s.io' })
    crd.metadata.name = 'approveds.x.k8s.io'
    const annotations = { 'api-approved.kubernetes.io': 'unapproved, experimental' }
    await api.request('POST', CRDS, { ...crd, metadata: { ...crd.metadata, annotations } })
    const { status } = await untilCondition(api, 'approveds.x.k8s.io', 'KubernetesAPIApprovalPolicyConformant', 'False')
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ reason: 'UnapprovedAnnotation', message: 'not approved: "unapproved, experimental"' }),
    )
  })
})

describe('elsewhere', () => {
  test('a namespace that is deleted takes its custom objects along', async () => {
    await serve(api, crdOf('Tenant', [versionOf('v1', {})]))
    await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'team' } })
    await api.request('POST', at('tenants', '', 'v1', 'team'), objectOf('Tenant', 't'))
    const gone = api.watch('/api/v1/namespaces?watch=true&fieldSelector=metadata.name=team&resourceVersion=0', events =>
      events.some(({ type }) => type === 'DELETED'),
    )
    await api.request('DELETE', '/api/v1/namespaces/team')
    await gone
    expect((await api.request('GET', '/apis/example.com/v1/tenants')).json.items).toEqual([])
  })

  test('owners and what they own may be custom objects', async () => {
    await serve(api, crdOf('Owner', [versionOf('v1', {})]))
    const { json: owner } = await api.request('POST', at('owners'), objectOf('Owner', 'o'))
    const reference = {
      apiVersion: 'example.com/v1',
      kind: 'Owner',
      name: 'o',
      uid: owner.metadata.uid,
      blockOwnerDeletion: true,
    }
    const metadata = (name: string) => ({ name, ownerReferences: [reference] })
    await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: metadata('owned') })
    await api.request('POST', at('owners'), { ...objectOf('Owner', 'child'), metadata: metadata('child') })
    await api.request('DELETE', `${at('owners', 'o')}?propagationPolicy=Foreground`)
    for (const path of [at('owners', 'child'), '/api/v1/namespaces/default/configmaps/owned', at('owners', 'o')]) {
      await untilServed(api, path, 404)
    }
  })

  test('an owned custom object that has another owner stays', async () => {
    await serve(api, crdOf('Shared', [versionOf('v1', {})]))
    const make = async (name: string) =>
      (await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name } })).json.metadata.uid
    const ownerReferences = await Promise.all(
      ['p', 'q'].map(async name => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid: await make(name) })),
    )
    await api.request('POST', at('shareds'), { ...objectOf('Shared', 's'), metadata: { name: 's', ownerReferences } })
    const dropped = api.watch(`${at('shareds')}?watch=true&resourceVersion=0`, events =>
      events.some(({ object }) => object.metadata.ownerReferences?.length === 1),
    )
    await api.request('DELETE', '/api/v1/namespaces/default/configmaps/p')
    const events = await dropped
    expect(events[events.length - 1]!.object.metadata.ownerReferences[0].name).toBe('q')
  })
})

test('quotas count custom objects, and notice when they go', async () => {
  await serve(api, crdOf('Quota', [versionOf('v1', {})]))
  const quotas = '/api/v1/namespaces/default/resourcequotas'
  const hard = { 'count/quotas.example.com': '1' }
  await api.request('POST', quotas, { metadata: { name: 'few' }, spec: { hard } })
  const used = async () => (await api.request('GET', `${quotas}/few`)).json.status.used?.['count/quotas.example.com']
  await expect.poll(used).toBe('0')
  expect((await api.request('POST', at('quotas'), objectOf('Quota', 'a'))).status).toBe(201)
  const { json } = await api.request('POST', at('quotas'), objectOf('Quota', 'b'))
  expect(json.message).toContain('exceeded quota: few, requested: count/quotas.example.com=1')
  await api.request('DELETE', at('quotas', 'a'))
  await expect.poll(used).toBe('0')
  await api.request('DELETE', `${quotas}/few`)
})

test('values in schemas of definitions are published as any JSON: old clients check them', async () => {
  const { definitions } = (await api.request('GET', '/openapi/v2')).json
  const json = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON'
  const { properties } = definitions[`${json}SchemaProps`]
  const $ref = `#/definitions/${json}`
  expect([properties.default.$ref, properties.enum.items.$ref]).toEqual([$ref, $ref])
  expect(definitions[json]).toEqual({ description: expect.any(String) })
})
