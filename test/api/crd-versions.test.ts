import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { CRDS, crdOf, serve, untilServed, versionOf } from '../support/crd.ts'
import { type ReviewRequest, type WebhookServer, webhookServer } from '../support/webhook-server.ts'

let api: ApiUnderTest
let webhook: WebhookServer
beforeAll(async () => {
  api = await startApi()
  webhook = await webhookServer()
})
afterAll(async () => {
  await api.stop()
  await webhook.stop()
})

const at = (plural: string, name = '', version = 'v1') =>
  `/apis/example.com/${version}/namespaces/default/${plural}${name && `/${name}`}`
const objectOf = (kind: string, name: string, spec: object, version = 'v1') => ({
  apiVersion: `example.com/${version}`,
  kind,
  metadata: { name },
  spec,
})
const fields = (properties: object) => ({ properties: { spec: { type: 'object', properties } } }) as never
const text = { type: 'string' }

describe('several versions without conversion', () => {
  beforeAll(async () => {
    const versions = [
      versionOf('v1', fields({ a: text, b: text })),
      versionOf('v2', fields({ a: text }), {
        additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
      }),
      versionOf('v1beta1', fields({ a: text }), { deprecated: true }),
      versionOf('v1alpha1', fields({ a: text }), { deprecated: true, deprecationWarning: 'do not use it' }),
      versionOf('v0', fields({ a: text }), { served: false }),
    ]
    await serve(api, crdOf('Plain', versions))
    await api.request('POST', at('plains'), objectOf('Plain', 'p', { a: '1', b: '2' }))
  })

  test('show what they know of the same objects', async () => {
    expect((await api.request('GET', at('plains', 'p', 'v2'))).json).toMatchObject({
      apiVersion: 'example.com/v2',
      spec: { a: '1' },
    })
    expect((await api.request('GET', at('plains', 'p', 'v2'))).json.spec).toEqual({ a: '1' })
    expect((await api.request('GET', at('plains', 'p'))).json.spec).toEqual({ a: '1', b: '2' })
    expect((await api.request('GET', at('plains', 'p', 'v0'))).status).toBe(404)
  })

  test('are watched each in its own', async () => {
    const events = await api.watch(`${at('plains', '', 'v2')}?watch=true&resourceVersion=0`, seen => seen.length > 0)
    expect(events[0]!.object.apiVersion).toBe('example.com/v2')
  })

  test('that are deprecated say so', async () => {
    expect((await api.request('GET', at('plains', 'p', 'v1beta1'))).headers.warning).toBe(
      '299 - "example.com/v1beta1 Plain is deprecated; use example.com/v2 Plain"',
    )
    expect((await api.request('GET', at('plains', '', 'v1alpha1'))).headers.warning).toBe('299 - "do not use it"')
  })

  test('server-side apply keeps track across them', async () => {
    const apply = { 'content-type': 'application/apply-patch+yaml' }
    await api.request('PATCH', `${at('plains', 'q')}?fieldManager=x`, objectOf('Plain', 'q', { a: '1' }), apply)
    const { json } = await api.request(
      'PATCH',
      `${at('plains', 'q', 'v2')}?fieldManager=y&force=true`,
      objectOf('Plain', 'q', { a: '2' }, 'v2'),
      apply,
    )
    expect(
      json.metadata.managedFields.map((m: { manager: string; apiVersion: string }) => [m.manager, m.apiVersion]),
    ).toEqual([['y', 'example.com/v2']])
  })

  test('the version to store in can change, and the old one stays among the stored ones', async () => {
    const { json } = await api.request('GET', `${CRDS}/plains.example.com`)
    for (const version of json.spec.versions) version.storage = version.name === 'v2'
    const changed = await api.request('PUT', `${CRDS}/plains.example.com`, json)
    expect(changed.json.status.storedVersions).toEqual(['v1', 'v2'])
    expect((await api.request('GET', at('plains', 'p'))).json.spec.a).toBe('1')
    json.spec.versions.shift()
    const refused = await api.request('PUT', `${CRDS}/plains.example.com`, {
      ...json,
      metadata: { ...json.metadata, resourceVersion: changed.json.metadata.resourceVersion },
    })
    expect(refused.json.message).toContain('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions')
  })
})

describe('versions that a webhook converts', () => {
  /** v1 has a number, v2 says the same in words of its own. */
  const convert = (request: ReviewRequest) => ({
    result: { status: 'Success' },
    convertedObjects: request.objects.map((object: ReviewRequest) => ({
      ...object,
      apiVersion: request.desiredAPIVersion,
      spec: request.desiredAPIVersion.endsWith('v2')
        ? { size: { value: object.spec.size } }
        : { size: object.spec.size.value },
    })),
  })
  const answer = (make: (request: ReviewRequest) => object | undefined) => void webhook.answers.set('/convert', make)
  const good = () => answer(convert)
  beforeAll(async () => {
    good()
    const versions = [
      versionOf('v1', fields({ size: { type: 'integer' } }), { selectableFields: [{ jsonPath: '.spec.size' }] }),
      versionOf('v2', fields({ size: { type: 'object', properties: { value: { type: 'integer' } } } })),
    ]
    const clientConfig = { url: `${webhook.url}/convert`, caBundle: webhook.caBundle }
    const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1', 'v1beta1'] } }
    await serve(api, crdOf('Hooked', versions, { conversion }))
    await api.request('POST', at('hookeds'), objectOf('Hooked', 'h', { size: 3 }))
  })
  afterEach(good)

  test('are read, written, listed and watched in either', async () => {
    expect((await api.request('GET', at('hookeds', 'h', 'v2'))).json.spec).toEqual({ size: { value: 3 } })
    const made = await api.request(
      'POST',
      at('hookeds', '', 'v2'),
      objectOf('Hooked', 'i', { size: { value: 4 } }, 'v2'),
    )
    expect([made.status, made.json.spec]).toEqual([201, { size: { value: 4 } }])
    expect((await api.request('GET', at('hookeds', 'i'))).json.spec).toEqual({ size: 4 })
    const { items } = (await api.request('GET', at('hookeds', '', 'v2'))).json
    expect(items.map((i: { spec: object }) => i.spec)).toEqual([{ size: { value: 3 } }, { size: { value: 4 } }])
    const merge = { 'content-type': 'application/merge-patch+json' }
    const patched = await api.request('PATCH', at('hookeds', 'h', 'v2'), { spec: { size: { value: 5 } } }, merge)
    expect(patched.json.spec).toEqual({ size: { value: 5 } })
    const events = await api.watch(`${at('hookeds', '', 'v2')}?watch=true&resourceVersion=0`, seen => seen.length > 1)
    expect(events.map(({ object }) => object.spec.size.value)).toEqual([5, 4])
    expect(webhook.seen.get('/convert')![0]).toMatchObject({
      uid: expect.any(String),
      desiredAPIVersion: 'example.com/v2',
      objects: [{ kind: 'Hooked' }],
    })
    await api.request('DELETE', at('hookeds', 'i', 'v2'))
  })

  const failures: [string, (request: ReviewRequest) => object, string][] = [
    ['another uid', request => ({ ...convert(request), uid: 'x' }), 'expected response.uid='],
    [
      'no success',
      () => ({ result: { status: 'Failure', message: 'cannot' } }),
      'conversion webhook for example.com/v1, Kind=Hooked failed: cannot',
    ],
    [
      'too few objects',
      () => ({ result: { status: 'Success' }, convertedObjects: [] }),
      'returned 0 objects, expected 1',
    ],
    [
      'another name',
      request => {
        const { convertedObjects, result } = convert(request)
        return {
          result,
          convertedObjects: convertedObjects.map((o: ReviewRequest) => ({
            ...o,
            metadata: { ...o.metadata, name: 'x' },
          })),
        }
      },
      'must have the same name: h != x',
    ],
    [
      'another version',
      request => {
        const { convertedObjects, result } = convert(request)
        return {
          result,
          convertedObjects: convertedObjects.map((o: ReviewRequest) => ({ ...o, apiVersion: 'example.com/v9' })),
        }
      },
      'invalid converted object at index 0: ',
    ],
  ]
  test.each(failures)('an answer with %s is refused', async (_, make, message) => {
    // Every write makes a state that no conversion is known of yet.
    await api.request(
      'PATCH',
      at('hookeds', 'h'),
      { metadata: { annotations: { now: message } } },
      { 'content-type': 'application/merge-patch+json' },
    )
    answer(make)
    const { status, json } = await api.request('GET', at('hookeds', 'h', 'v2'))
    expect([status, json.message]).toEqual([500, expect.stringContaining(message)])
  })

  test('a webhook that cannot be reached is named, with the address', async () => {
    await api.request(
      'PATCH',
      at('hookeds', 'h'),
      { metadata: { annotations: { now: 'down' } } },
      { 'content-type': 'application/merge-patch+json' },
    )
    await webhook.stop()
    const { json } = await api.request('GET', at('hookeds', 'h', 'v2'))
    await webhook.start()
    expect(json.message).toBe(
      `conversion webhook for example.com/v1, Kind=Hooked failed: Post "${webhook.url}/convert?timeout=30s": ` +
        `dial tcp ${new URL(webhook.url).host}: connect: connection refused`,
    )
  })

  test('labels and annotations may change, the rest of the metadata not', async () => {
    await api.request(
      'PATCH',
      at('hookeds', 'h'),
      { metadata: { annotations: { now: 'labels' } } },
      { 'content-type': 'application/merge-patch+json' },
    )
    answer(request => {
      const { convertedObjects, result } = convert(request)
      const labelled = (o: ReviewRequest) => ({
        ...o,
        metadata: { ...o.metadata, labels: { from: 'webhook' }, finalizers: ['example.com/x'] },
      })
      return { result, convertedObjects: convertedObjects.map(labelled) }
    })
    const { json } = await api.request('GET', at('hookeds', 'h', 'v2'))
    expect(json.metadata).toMatchObject({ labels: { from: 'webhook' } })
    expect(json.metadata.finalizers).toBeUndefined()
  })

  test('it can be deleted even when the webhook has gone', async () => {
    answer(() => ({ result: { status: 'Failure', message: 'gone' } }))
    await api.request('DELETE', `${CRDS}/hookeds.example.com`)
    await untilServed(api, `${CRDS}/hookeds.example.com`, 404)
  })
})

test('v1beta1 shows the same definitions as it always did', async () => {
  const column = { name: 'A', type: 'string', JSONPath: '.spec.a' }
  const old = {
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'ancients.example.com' },
    spec: {
      group: 'example.com',
      version: 'v1',
      names: { plural: 'ancients', kind: 'Ancient' },
      additionalPrinterColumns: [column],
      subresources: { status: {} },
      validation: { openAPIV3Schema: { properties: { spec: { properties: { a: { type: 'string' } } } } } },
    },
  }
  const beta = CRDS.replace('/v1/', '/v1beta1/')
  const made = await api.request('POST', beta, old)
  expect(made.status).toBe(201)
  expect(made.headers.warning).toContain(
    'apiextensions.k8s.io/v1beta1 CustomResourceDefinition is deprecated in v1.16+',
  )
  expect(made.json.spec).toMatchObject({
    ...old.spec,
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true }],
    conversion: { strategy: 'None' },
    preserveUnknownFields: true,
  })
  const { json } = await api.request('GET', `${CRDS}/ancients.example.com`)
  expect(json.spec.versions).toEqual([
    {
      name: 'v1',
      served: true,
      storage: true,
      schema: old.spec.validation,
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
    },
  ])
  const { definitions } = (await api.request('GET', '/openapi/v2')).json
  const spec = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinitionSpec'
  expect(definitions[spec].required).toEqual(['group', 'names', 'scope'])
  await untilServed(api, at('ancients'))
  const published = async () => (await api.request('GET', '/openapi/v2')).json.definitions['com.example.v1.Ancient']
  await expect.poll(published).toBeDefined()
  expect((await published()).properties).toBeUndefined()
  const kept = await api.request('POST', at('ancients'), objectOf('Ancient', 'a', { a: 'x', more: { b: 1 } }))
  expect(kept.json.spec).toEqual({ a: 'x', more: { b: 1 } })
})
