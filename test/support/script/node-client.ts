import {
  ApiException,
  AppsV1Api,
  CertificatesV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type Informer,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  makeInformer,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node'
import { type ClientStep, Refused, type ScriptClient } from './step.ts'

// biome-ignore lint/suspicious/noExplicitAny: it reads whatever the server answers
type Json = any
type Target = { name: string; namespace: string; body: Json }

/** The script through @kubernetes/client-node: its generic API, its typed ones, its informers and its watch. */
export function nodeClient(kubeconfig: string, namespace: string): ScriptClient {
  const config = new KubeConfig()
  config.loadFromString(kubeconfig)
  const objects = KubernetesObjectApi.makeApiClient(config)
  const custom = config.makeApiClient(CustomObjectsApi)
  const core = config.makeApiClient(CoreV1Api)
  const subresources = typedSubresources(config)
  const followed = new Map<string, Follower>()

  const run = async (step: ClientStep): Promise<unknown> => {
    const { do: verb, apiVersion, kind, plural, name, subresource, scope, body = {}, manager, force } = step
    const [group = '', version = ''] = apiVersion.split('/')
    const dryRun = step.dryRun ? 'All' : undefined
    const where = scope ? {} : { namespace }
    const target = { name, namespace, body }
    if (subresource) {
      const call = subresources[`${verb} ${plural}/${subresource}`]
      if (call) return call(target)
      const options = { group, version, plural, ...target }
      const merging = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
      if (`${verb} ${subresource}` === 'get scale') return custom.getNamespacedCustomObjectScale(options)
      if (`${verb} ${subresource}` === 'merge scale') return custom.patchNamespacedCustomObjectScale(options, merging)
      return custom.patchNamespacedCustomObjectStatus(options, merging)
    }
    const given = kind === 'CustomResourceDefinition' ? asModel(body) : body
    const { metadata = {}, ...rest } = given as { metadata?: object }
    const object = { apiVersion, kind, ...rest, metadata: { name, ...metadata, ...where } }
    const patch = (strategy: PatchStrategy) =>
      objects.patch(object, undefined, dryRun, manager, manager ? !!force : undefined, strategy)
    const list = (more?: string) => {
      const { fields, labels, limit } = step
      const selected = [undefined, undefined, undefined, fields, labels, limit, more] as const
      if (!kind.startsWith('Widget')) return objects.list(apiVersion, kind, where.namespace, ...selected)
      // The generic API loses where lists of kinds without a model continue.
      const selectors = { fieldSelector: fields, labelSelector: labels, limit, _continue: more }
      return custom.listNamespacedCustomObject({ group, version, plural, namespace, ...selectors })
    }
    switch (verb) {
      case 'create':
        return objects.create(object, undefined, dryRun)
      case 'get':
        return objects.read(object)
      case 'replace':
        return objects.replace(object, undefined, dryRun)
      case 'merge':
        return patch(PatchStrategy.MergePatch)
      case 'strategic':
        return patch(PatchStrategy.StrategicMergePatch)
      case 'apply':
        return patch(PatchStrategy.ServerSideApply)
      case 'json': {
        const options = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch)
        return version
          ? custom.patchNamespacedCustomObject({ group, version, plural, ...target }, options)
          : core.patchNamespacedConfigMap(target, options)
      }
      case 'list': {
        const names: unknown[] = []
        for (let more: string | undefined = ''; more !== undefined; ) {
          const page: Json = await list(more || undefined)
          if (step.limit && page.items.length > step.limit) throw new Error(`${page.items.length} items on a page`)
          names.push(...page.items.map((item: KubernetesObject) => item.metadata?.name))
          more = (page.metadata?._continue ?? page.metadata?.continue) || undefined
        }
        return names
      }
      case 'follow': {
        const path = `${version ? '/apis' : '/api'}/${apiVersion}/namespaces/${namespace}/${plural}`
        const follower = new Follower(makeInformer(config, path, () => list(), step.labels))
        followed.set(name, follower)
        return follower.informer.start()
      }
      case 'heard':
        return followed.get(name)!.heard(step.count!)
      case 'until':
        return until(config, step, scope ? '' : `/namespaces/${namespace}`)
      case 'deletecollection':
        return version
          ? custom.deleteCollectionNamespacedCustomObject({
              group,
              version,
              plural,
              namespace,
              labelSelector: step.labels,
            })
          : core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: step.labels })
      case 'delete':
        return objects.delete(object, undefined, dryRun, undefined, undefined, step.propagation)
    }
  }
  return {
    run: async step => {
      try {
        return await run(step)
      } catch (error) {
        if (!(error instanceof ApiException)) throw error
        const status = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
        throw new Refused(status.reason, status.message)
      }
    },
  }
}

/** The client's models call fields of schemas by names that JavaScript likes better. */
function asModel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asModel)
  if (typeof value !== 'object' || value === null) return value
  const rename = (key: string) =>
    /^(default|enum)$/.test(key) ? `_${key}` : key.startsWith('x-') ? key.replaceAll('-', '_') : key
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [rename(key), asModel(part)]))
}

/** Subresources of built-in kinds have calls of their own. */
function typedSubresources(config: KubeConfig): Record<string, (target: Target) => Promise<unknown>> {
  const core = config.makeApiClient(CoreV1Api)
  const apps = config.makeApiClient(AppsV1Api)
  const networking = config.makeApiClient(NetworkingV1Api)
  const certificates = config.makeApiClient(CertificatesV1Api)
  const merging = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
  return {
    'create pods/binding': target => core.createNamespacedPodBinding(target),
    'create pods/eviction': target => core.createNamespacedPodEviction(target),
    'get pods/status': target => core.readNamespacedPodStatus(target),
    'create serviceaccounts/token': target => core.createNamespacedServiceAccountToken(target),
    'get deployments/scale': target => apps.readNamespacedDeploymentScale(target),
    'replace deployments/scale': target => apps.replaceNamespacedDeploymentScale(target),
    'merge deployments/scale': target => apps.patchNamespacedDeploymentScale(target, merging),
    'get ingresses/status': target => networking.readNamespacedIngressStatus(target),
    'replace ingresses/status': target => networking.replaceNamespacedIngressStatus(target),
    'merge ingresses/status': target => networking.patchNamespacedIngressStatus(target, merging),
    'replace certificatesigningrequests/approval': target =>
      certificates.replaceCertificateSigningRequestApproval(target),
  }
}

/** What an informer has told. */
class Follower {
  readonly informer: Informer<KubernetesObject>
  readonly #events: string[] = []
  #changed = () => {}

  constructor(informer: Informer<KubernetesObject>) {
    this.informer = informer
    for (const [verb, type] of [
      ['add', 'ADDED'],
      ['update', 'MODIFIED'],
      ['delete', 'DELETED'],
    ] as const) {
      informer.on(verb, object => {
        this.#events.push(`${type} ${object.metadata?.name}`)
        this.#changed()
      })
    }
  }

  async heard(count: number): Promise<string[]> {
    while (this.#events.length < count) {
      await new Promise<void>(resolve => {
        this.#changed = resolve
      })
    }
    const events = [...this.#events]
    await this.informer.stop()
    return events
  }
}

async function until(config: KubeConfig, step: ClientStep, where: string): Promise<void> {
  const { apiVersion, plural, name, condition } = step
  const path = `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}${where}/${plural}`
  const met = new Promise<void>((resolve, reject) => {
    const selected = { fieldSelector: `metadata.name=${name}`, sendInitialEvents: true, allowWatchBookmarks: true }
    let there = false
    const see = (type: string, object: Json) => {
      // The first bookmark comes after all there is.
      if (type === 'BOOKMARK') return !there && condition === 'deleted' && resolve()
      there = type !== 'DELETED'
      if (condition === 'deleted' ? !there : hasCondition(object, condition!)) resolve()
    }
    new Watch(config)
      .watch(path, { ...selected, resourceVersionMatch: 'NotOlderThan' }, see, error => error && reject(error))
      .then(request => met.finally(() => request.abort()).catch(() => {}), reject)
  })
  return met
}

const hasCondition = (object: Json, condition: string): boolean =>
  !!object.status?.conditions?.some((c: Json) => `${c.type}=${c.status}` === condition)
