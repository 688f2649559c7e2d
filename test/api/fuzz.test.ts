import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allKinds } from '../../src/api/index.ts'
import { oldVersions } from '../../src/api/old-versions/index.ts'
import type { Kind } from '../../src/apimachinery/schema/kind.ts'
import { type Answer, type ApiUnderTest, startApi } from '../support/api.ts'
import { nearly } from '../support/arbitrary-object.ts'

/** Runs of each kind; the seed makes them the same each time. `FUZZ_RUNS` and `FUZZ_SEED` search further. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 4)
const SEED = Number(process.env.FUZZ_SEED ?? 36)

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi({ runtimeConfig: 'api/all=true' })
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
})
afterAll(() => api.stop())

const kinds = ([...allKinds, ...oldVersions] as unknown as Kind[]).filter(kind => kind.verbs.includes('create'))
const pathOf = ({ group, version, plural, scope }: Kind) =>
  `${group ? `/apis/${group}` : '/api'}/${version}${scope === 'Namespaced' ? '/namespaces/default' : ''}/${plural}`

/** What apply and strategic merge cannot read is answered with 500 by upstream, and so it is here. */
const isUntypable = ({ text }: Answer) =>
  text.includes('"message":"failed to create typed patch object') ||
  text.includes('does not contain declared merge key')

test.each(kinds.map(kind => [`${kind.apiVersion} ${kind.kind}`, kind] as const))(
  'no body of a %s does harm',
  async (_, kind) => {
    const { apiVersion } = kind
    const path = pathOf(kind)
    const metadata = fc.oneof(
      { arbitrary: fc.constant({ name: 'fuzz' }), weight: 5 },
      nearly(kind.message.fields.metadata!.type, 1),
    )
    const body = fc
      .tuple(metadata, nearly(kind.message))
      .map(([metadata, rest]) => ({ apiVersion, kind: kind.kind, metadata, ...(rest as object) }))
    await fc.assert(
      fc.asyncProperty(body, async object => {
        const created = await api.request('POST', `${path}?dryRun=All`, object)
        expect(created.status, created.text).toBeLessThan(500)
        if (!kind.verbs.includes('patch')) return
        const type = { 'content-type': 'application/apply-patch+yaml' }
        const applied = await api.request('PATCH', `${path}/fuzz?dryRun=All&fieldManager=f&force=true`, object, type)
        if (!isUntypable(applied)) expect(applied.status, applied.text).toBeLessThan(500)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  },
)

test('no patch of an object does harm', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments'
  const containers = [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }]
  const labels = { app: 'x' }
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } }
  expect((await api.request('POST', path, { metadata: { name: 'fuzzed' }, spec })).status).toBe(201)
  const kind = kinds.find(one => one.kind === 'Deployment' && one.version === 'v1')!
  const types = ['merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml'] as const
  const pointer = fc.array(fc.constantFrom('spec', 'template', 'containers', '0', '-', '~1', 'metadata', ''), {
    maxLength: 5,
  })
  const operation = fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'nonsense'),
    path: pointer.map(parts => `/${parts.join('/')}`),
    from: pointer.map(parts => `/${parts.join('/')}`),
    value: fc.jsonValue({ maxDepth: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(nearly(kind.message), fc.array(operation, { maxLength: 6 }), async (object, operations) => {
      const send = (type: string, body: unknown) =>
        api.request('PATCH', `${path}/fuzzed?dryRun=All${type.startsWith('apply') ? '&fieldManager=f' : ''}`, body, {
          'content-type': `application/${type}`,
        })
      for (const type of types) {
        const answer = await send(type, object as object)
        if (!isUntypable(answer)) expect(answer.status, answer.text).toBeLessThan(500)
      }
      const { status, text } = await send('json-patch+json', operations)
      expect(status, text).toBeLessThan(500)
    }),
    { seed: SEED, numRuns: RUNS * 10 },
  )
})

test('no bytes as protobuf do harm, and the server is still there', async () => {
  const paths = kinds.filter(kind => !kind.group.includes('authorization')).map(pathOf)
  const bytes = fc.uint8Array({ maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), bytes, async (path, tail) => {
      const body = Buffer.concat([Buffer.from('k8s\0'), tail])
      const type = { 'content-type': 'application/vnd.kubernetes.protobuf' }
      const { status, text } = await api.request('POST', `${path}?dryRun=All`, body, type)
      expect(status, text).toBeLessThan(500)
    }),
    { seed: SEED, numRuns: RUNS * 20 },
  )
  expect((await api.request('GET', '/readyz')).text).toBe('ok')
})
