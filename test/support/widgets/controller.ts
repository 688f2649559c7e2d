import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  type Informer,
  type KubeConfig,
  type KubernetesListObject,
  makeInformer,
  type ObjectCache,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
} from '@kubernetes/client-node'
import { GROUP, type Widget } from './kind.ts'
import type { Weather } from './weather.ts'

const NAMESPACE = 'default'
const FINALIZER = `${GROUP}/copies`
const WORKERS = 8

/** Messages of failures, each once. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiException)) return String(error)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  return body.message
}
export const codeOf = (error: unknown) => (error instanceof ApiException ? error.code : 0)
/** What another try mends: what was seen is old, or the server was busy. */
export const passing = (error: unknown) => [404, 409, 429, 504].includes(codeOf(error))

/**
 * Keeps `copies` ConfigMaps with a Widget's text, and says in its status what they say: informers on both kinds, a queue of
 * names, workers that bring one name after the other up to date, a finalizer to clean up with.
 */
export class WidgetController {
  readonly failures = new Set<string>()
  readonly widgets: Informer<Widget> & ObjectCache<Widget>
  readonly #maps: Informer<V1ConfigMap> & ObjectCache<V1ConfigMap>
  readonly #core: CoreV1Api
  readonly #custom: CustomObjectsApi
  readonly #weather: Weather
  readonly #waiting = new Set<string>()
  readonly #working = new Set<string>()
  #stopped = false

  constructor(config: KubeConfig, weather: Weather) {
    this.#core = config.makeApiClient(CoreV1Api)
    this.#custom = config.makeApiClient(CustomObjectsApi)
    this.#weather = weather
    const resource = { group: GROUP, version: 'v1', namespace: NAMESPACE, plural: 'widgets' }
    const list = () => this.#custom.listNamespacedCustomObject(resource) as Promise<KubernetesListObject<Widget>>
    this.widgets = makeInformer(config, `/apis/${GROUP}/v1/namespaces/${NAMESPACE}/widgets`, list)
    const labelSelector = 'widget'
    this.#maps = makeInformer(
      config,
      `/api/v1/namespaces/${NAMESPACE}/configmaps`,
      () => this.#core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector }),
      labelSelector,
    )
    this.widgets.on('change', widget => this.#add(widget.metadata!.name!))
    this.#maps.on('change', map => this.#add(map.metadata!.labels!.widget!))
    for (const informer of [this.widgets, this.#maps]) {
      informer.on('error', error => !this.#stopped && this.failures.add(`informer: ${error}`))
    }
  }

  async start(): Promise<void> {
    await this.#maps.start()
    await this.widgets.start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.widgets.stop()
    await this.#maps.stop()
  }

  #add(name: string): void {
    this.#waiting.add(name)
    for (const next of this.#waiting) {
      if (this.#working.size >= WORKERS) return
      if (this.#working.has(next)) continue
      this.#waiting.delete(next)
      this.#working.add(next)
      void this.#work(next)
    }
  }

  async #work(name: string): Promise<void> {
    let again: Promise<void> | undefined
    const change = this.#weather.changed()
    try {
      await this.#reconcile(name)
    } catch (error) {
      if (passing(error)) again = Promise.resolve()
      else {
        this.failures.add(messageOf(error))
        again = change
      }
    }
    this.#working.delete(name)
    void again?.then(() => !this.#stopped && this.#add(name))
    const next = this.#waiting.values().next().value
    if (next !== undefined) this.#add(next)
  }

  async #reconcile(name: string): Promise<void> {
    const widget = this.widgets.get(name, NAMESPACE)
    if (!widget) return this.#remove(this.#copiesOf(name))
    const { deletionTimestamp, finalizers = [], uid, generation } = widget.metadata!
    if (deletionTimestamp) {
      await this.#remove(this.#copiesOf(name))
      if (finalizers.length > 0) await this.#patch(widget, { metadata: { finalizers: null } })
      return
    }
    if (finalizers.length === 0) await this.#patch(widget, { metadata: { finalizers: [FINALIZER] } })
    const { text, copies } = widget.spec
    const there = new Map(this.#copiesOf(name).map(map => [map.metadata!.name!, map]))
    for (let i = 0; i < copies; i++) {
      const metadata = { name: `${name}-${i}`, labels: { widget: name }, annotations: { uid: uid! } }
      const map = there.get(metadata.name)
      there.delete(metadata.name)
      const body = { metadata, data: { text } }
      if (!map) await this.#core.createNamespacedConfigMap({ namespace: NAMESPACE, body })
      else if (map.data?.text !== text || map.metadata!.annotations!.uid !== uid) {
        const { resourceVersion } = map.metadata!
        const changed = { ...body, metadata: { ...metadata, resourceVersion } }
        await this.#core.replaceNamespacedConfigMap({ namespace: NAMESPACE, name: metadata.name, body: changed })
      }
    }
    await this.#remove([...there.values()])
    if (widget.status?.observedGeneration === generation && widget.status?.text === text) return
    await this.#patch(widget, { status: { observedGeneration: generation, text } }, 'status')
  }

  #copiesOf = (name: string) => this.#maps.list(NAMESPACE).filter(map => map.metadata!.labels!.widget === name)

  async #remove(maps: readonly V1ConfigMap[]): Promise<void> {
    for (const { metadata } of maps) {
      await this.#core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name: metadata!.name! }).catch(error => {
        if (codeOf(error) !== 404) throw error
      })
    }
  }

  /** Changes what has been seen, or nothing. */
  async #patch({ metadata }: Widget, change: { metadata?: object; status?: object }, subresource?: 'status') {
    const { resourceVersion, name } = metadata!
    const body = { ...change, metadata: { ...change.metadata, resourceVersion } }
    const target = { group: GROUP, version: 'v1', namespace: NAMESPACE, plural: 'widgets', name: name!, body }
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
    if (subresource) await this.#custom.patchNamespacedCustomObjectStatus(target, merge)
    else await this.#custom.patchNamespacedCustomObject(target, merge)
  }
}
