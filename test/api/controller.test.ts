import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  makeInformer,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { crdOf, serve } from '../support/crd.ts'
import { type WebhookServer, webhookServer } from '../support/webhook-server.ts'
import { WidgetController } from '../support/widgets/controller.ts'
import {
  convert,
  definition,
  judge,
  mark,
  type OldWidget,
  registration,
  TOO_MANY,
  type Widget,
  widgetIn,
} from '../support/widgets/kind.ts'
import { Weather } from '../support/widgets/weather.ts'
import { WidgetWriter } from '../support/widgets/writer.ts'

/**
 * An operator as people write them: a custom resource in two versions, a conversion webhook, a mutating and a validating
 * one, and a controller. Webhooks fail while several writers are at work; afterwards everything is as it was asked for.
 */

const WAIT = { timeout: 20_000, interval: 20 }
const WRITERS = 4
/** Widgets of each writer in each round. */
const EACH = 20
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets'
const OLD_WIDGETS = WIDGETS.replace('v1', 'v1alpha1')
const HOOKS = '/apis/admissionregistration.k8s.io/v1'

const clock = new VirtualClock(Date.now())
const weather = new Weather()
let api: ApiUnderTest
let conversion: WebhookServer
let admission: WebhookServer
let controller: WidgetController
let writers: WidgetWriter[]
let old: ReturnType<typeof makeInformer<OldWidget>>
/** All that a watch of v1 that was begun before the first write has told. */
const told: { type: string; name: string; version: number }[] = []
let watching: AbortController
/** Requests that a webhook has left without an answer. */
let hung = 0
const hang = () => void hung++

function answering(): void {
  conversion.answers.set('/convert', convert)
  admission.answers.set('/mark', mark)
  admission.answers.set('/judge', judge)
}

beforeAll(async () => {
  api = await startApi({ clock })
  conversion = await webhookServer()
  admission = await webhookServer()
  answering()
  const { versions, spec } = definition(conversion)
  await serve(api, crdOf('Widget', versions, spec))
  await register('Mutating', 'mark', 'Ignore')
  await register('Validating', 'judge', 'Fail')
  const config = new KubeConfig()
  config.loadFromString(api.cluster.kubeconfig)
  controller = new WidgetController(config, weather)
  writers = Array.from({ length: WRITERS }, (_, i) => new WidgetWriter(i, config, weather))
  old = followOld(config)
  await Promise.all([controller.start(), old.start()])
  const see = (type: string, { metadata }: Widget) =>
    told.push({ type, name: metadata!.name!, version: Number(metadata!.resourceVersion) })
  watching = await new Watch(config).watch(WIDGETS, {}, see, () => told.push({ type: 'END', name: '', version: 0 }))
})
afterAll(async () => {
  await controller.stop()
  await old.stop()
  watching.abort()
  await api.stop()
  await Promise.all([conversion.stop(), admission.stop()])
})

/** An informer of the version that is not stored, which begins anew when the weather changes. */
function followOld(config: KubeConfig) {
  const custom = config.makeApiClient(CustomObjectsApi)
  const resource = { group: 'example.com', version: 'v1alpha1', namespace: 'default', plural: 'widgets' }
  const list = () => custom.listNamespacedCustomObject(resource) as Promise<KubernetesListObject<OldWidget>>
  const informer = makeInformer<OldWidget>(config, OLD_WIDGETS, list)
  const again = (): Promise<void> => informer.start().catch(() => weather.changed().then(again))
  informer.on('error', () => void weather.changed().then(again))
  return informer
}

const register = async (type: 'Mutating' | 'Validating', name: string, failurePolicy: 'Fail' | 'Ignore') => {
  const path = `${HOOKS}/${type.toLowerCase()}webhookconfigurations`
  const body = registration(type, name, admission, failurePolicy)
  if ((await api.request('POST', path, body)).status === 201) return
  expect((await api.request('PUT', `${path}/${name}`, body)).status).toBe(200)
}

/** Lets all writers write; `while` goes on meanwhile, before they are helped to their end. */
async function writing(round: string, meanwhile: () => Promise<void>): Promise<void> {
  for (const writer of writers) writer.failures.clear()
  controller.failures.clear()
  const all = Promise.all(writers.map(writer => writer.write(round, EACH)))
  await meanwhile()
  weather.change()
  await all
}

/** Resolves once every writer has met with a failure. */
const allFail = () => expect.poll(() => writers.every(({ failures }) => failures.size > 0), WAIT).toBe(true)

const failures = () => [...new Set([controller, ...writers].flatMap(({ failures }) => [...failures]))]

/** Everything that is not as the writers want it. */
async function wrong(): Promise<string[]> {
  const wanted = new Map(writers.flatMap(writer => [...writer.wanted]))
  const { items } = (await api.request('GET', WIDGETS)).json
  const maps = (await api.request('GET', '/api/v1/namespaces/default/configmaps?labelSelector=widget')).json.items
  const there = new Map<string, V1ConfigMap>(maps.map((map: V1ConfigMap) => [map.metadata!.name, map]))
  const found: string[] = []
  for (const { metadata, spec, status } of items) {
    const { name, generation, uid } = metadata
    const want = wanted.get(name)
    wanted.delete(name)
    if (!want) found.push(`${name} should be gone`)
    else if (spec.text !== want.text || spec.copies !== want.copies) found.push(`${name} is ${JSON.stringify(spec)}`)
    else if (status?.observedGeneration !== generation || status.text !== want.text) found.push(`${name} is not done`)
    for (let i = 0; i < spec.copies; i++) {
      const map = there.get(`${name}-${i}`)
      if (map?.data?.text !== spec.text || map?.metadata?.annotations?.uid !== uid) found.push(`no ${name}-${i}`)
      there.delete(`${name}-${i}`)
    }
  }
  return [
    ...found,
    ...[...wanted.keys()].map(name => `${name} is lost`),
    ...[...there.keys()].map(name => `${name} is left`),
  ]
}
const converges = () => expect.poll(wrong, WAIT).toEqual([])

const cannotConvert = (why: RegExp) =>
  new RegExp(
    `^(Internal error occurred: )?conversion webhook for example.com/v1(alpha1)?, Kind=Widget failed: Post "https://\\S+/convert\\?timeout=30s": ${why.source}$`,
  )
const cannotJudge = (why: RegExp) =>
  new RegExp(
    `^Internal error occurred: failed calling webhook "judge.example.com": failed to call webhook: Post "https://\\S+/judge\\?timeout=5s": ${why.source}$`,
  )
const REFUSED = /(dial tcp 127\.0\.0\.1:\d+: connect: connection refused|EOF)/
const LATE = /context deadline exceeded/

describe('a controller with a custom resource, conversion and admission webhooks', { timeout: 90_000 }, () => {
  test('does what many writers ask in two versions', async () => {
    await writing('fine', async () => {})
    expect(failures()).toEqual([])
    await converges()
    const { items } = (await api.request('GET', WIDGETS)).json
    const unmarked = items.filter(({ metadata, spec }: Widget) => metadata!.labels?.marked !== spec.text)
    expect(unmarked).toEqual([])
    expect(await writers[0]!.overreach()).toBe(`admission webhook "judge.example.com" denied the request: ${TOO_MANY}`)
  })

  test('goes on in the stored version while nothing can be converted', async () => {
    const [name, spec] = [...writers[0]!.wanted][0]!
    await writing('unconverted', async () => {
      await conversion.stop()
      await allFail()
      const merge = { 'content-type': 'application/merge-patch+json' }
      const touched = await api.request('PATCH', `${WIDGETS}/${name}`, { metadata: { annotations: { a: 'b' } } }, merge)
      expect(touched.status).toBe(200)
      for (const path of [`${OLD_WIDGETS}/${name}`, OLD_WIDGETS]) {
        const { status, json } = await api.request('GET', path)
        expect([status, json.message]).toEqual([500, expect.stringMatching(cannotConvert(REFUSED))])
      }
      const made = await api.request('POST', WIDGETS, widgetIn('v1', 'meanwhile', { text: 'm', copies: 1 }))
      expect(made.status).toBe(201)
      // The controller has seen it, and its finalizer is on it.
      await expect.poll(() => controller.widgets.get('meanwhile', 'default')?.status?.text, WAIT).toBe('m')
      writers[0]!.wanted.set('meanwhile', { text: 'm', copies: 1 })
      await conversion.start()
    })
    for (const message of failures()) expect(message).toMatch(cannotConvert(REFUSED))
    await converges()
    expect((await api.request('GET', `${OLD_WIDGETS}/${name}`)).json.spec).toEqual({
      packed: `${spec.copies}x${spec.text}`,
    })
  })

  test('waits for webhooks that must be asked, and goes on without those that need not', async () => {
    await writing('unasked', async () => {
      await admission.stop()
      await allFail()
      for (const message of failures()) expect(message).toMatch(cannotJudge(REFUSED))
      await register('Validating', 'judge', 'Ignore')
      weather.change()
      const made = await api.request('POST', WIDGETS, widgetIn('v1', 'unjudged', { text: 'u', copies: 3 }))
      expect([made.status, made.json.metadata.labels]).toEqual([201, undefined])
      writers[0]!.wanted.set('unjudged', { text: 'u', copies: 3 })
      await admission.start()
      await register('Validating', 'judge', 'Fail')
    })
    await converges()
    expect(await writers[0]!.overreach()).toContain(TOO_MANY)
  })

  test('gives up webhooks that do not answer in time', async () => {
    await writing('slow', async () => {
      conversion.answers.set('/convert', hang)
      admission.answers.set('/judge', hang)
      await expect
        .poll(async () => {
          // Time passes only while somebody waits for a webhook.
          if (hung > 0) await clock.advance(5_000)
          return writers.every(({ failures }) => failures.size > 0)
        }, WAIT)
        .toBe(true)
      answering()
      hung = 0
    })
    const messages = failures()
    expect(messages.some(message => cannotJudge(LATE).test(message))).toBe(true)
    for (const message of messages) {
      expect(
        [cannotConvert(LATE), cannotJudge(LATE)].some(pattern => pattern.test(message)),
        message,
      ).toBe(true)
    }
    await converges()
  })

  test('has told every change once, and in order, to a watch that lasted through all of it', async () => {
    const { items } = (await api.request('GET', WIDGETS)).json
    const last = new Map<string, (typeof told)[number]>()
    for (const event of told) {
      const before = last.get(event.name)
      expect(event.version, event.name).toBeGreaterThan(before?.version ?? 0)
      expect(event.type === 'ADDED', `${event.type} ${event.name}`).toBe(!before || before.type === 'DELETED')
      last.set(event.name, event)
    }
    const alive = [...last.values()].filter(({ type }) => type !== 'DELETED')
    const now = items.map(({ metadata }: Widget) => [metadata!.name, Number(metadata!.resourceVersion)])
    expect(alive.map(({ name, version }) => [name, version]).sort()).toEqual(now.sort())
  })

  test('shows the other version all of it too', async () => {
    const wanted = writers
      .flatMap(writer => [...writer.wanted])
      .map(([name, spec]) => [name, `${spec.copies}x${spec.text}`])
    const seen = () => old.list('default').map(({ metadata, spec }) => [metadata!.name, spec.packed])
    await expect.poll(() => seen().sort(), WAIT).toEqual(wanted.sort())
    expect((await api.request('GET', '/readyz')).text).toBe('ok')
  })
})
