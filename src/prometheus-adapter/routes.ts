import { CUSTOM_METRICS, EXTERNAL_METRICS, type MetricValue } from '../api/metrics/metric-values.ts'
import { badRequest, StatusError } from '../apimachinery/errors.ts'
import { everything, parseSelector, type Selector } from '../apimachinery/labels.ts'
import type { CustomMetrics } from './custom-metrics.ts'
import type { ExternalMetrics } from './external-metrics.ts'

/** What the server answers from; what is left out is not served. */
export interface Providers {
  readonly custom?: CustomMetrics
  readonly external?: ExternalMetrics
}

const CUSTOM_VERSIONS = ['v1beta2', 'v1beta1']
const EXTERNAL_VERSION = 'v1beta1'

/** The group versions that are served, the best first. */
export function groupVersions({ custom, external }: Providers): { group: string; version: string }[] {
  return [
    ...(custom ? CUSTOM_VERSIONS.map(version => ({ group: CUSTOM_METRICS, version })) : []),
    ...(external ? [{ group: EXTERNAL_METRICS, version: EXTERNAL_VERSION }] : []),
  ]
}

/** Answers a GET. Rejects with StatusError. */
export async function answer(providers: Providers, path: string, query: URLSearchParams): Promise<object> {
  const [root, group, version, ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent)
  if (root === 'apis' && group === undefined) return groupList(providers)
  const served = groupVersions(providers).filter(one => one.group === group)
  if (root !== 'apis' || served.length === 0) throw nothing()
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group!, served) }
  if (!served.some(one => one.version === version)) throw nothing()
  const provider = group === CUSTOM_METRICS ? providers.custom! : providers.external!
  if (rest.length === 0) {
    const groupVersion = `${group}/${version}`
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: await provider.resources() }
  }
  if (group === EXTERNAL_METRICS) return external(providers.external!, rest, query)
  return custom(providers.custom!, version, rest, query)
}

async function custom(provider: CustomMetrics, version: string, rest: string[], query: URLSearchParams) {
  const inNamespace = rest[0] === 'namespaces' && rest.length > 3
  const [namespace, ...where] = inNamespace ? rest.slice(1) : [undefined, ...rest]
  // The metrics of a namespace are asked for as if they were objects in it.
  const ofNamespace = inNamespace && where[0] === 'metrics' && where.length === 2
  const [resource = '', name = '', metric = ''] = ofNamespace ? ['namespaces', namespace, where[1]] : where
  if (!ofNamespace && where.length !== 3) throw nothing()
  const items = await provider.values({
    namespace: ofNamespace ? undefined : namespace,
    resource,
    name,
    metric,
    labels: selectorIn(query, 'labelSelector'),
    metricLabels: selectorIn(query, 'metricLabelSelector'),
  })
  const apiVersion = `${CUSTOM_METRICS}/${version}`
  return { kind: 'MetricValueList', apiVersion, metadata: {}, items: items.map(item => inVersion(item, version)) }
}

/** The older version has a metric's name in a field of its own. */
function inVersion({ metricName = '', ...value }: MetricValue, version: string): object {
  return version === 'v1beta1'
    ? { ...value, metricName, selector: null }
    : { ...value, metric: { name: metricName, selector: null } }
}

async function external(provider: ExternalMetrics, rest: string[], query: URLSearchParams): Promise<object> {
  const [collection, namespace, metric] = rest
  if (collection !== 'namespaces' || !namespace || !metric || rest.length !== 3) throw nothing()
  const items = await provider.values(namespace, metric, selectorIn(query, 'labelSelector'))
  return { kind: 'ExternalMetricValueList', apiVersion: `${EXTERNAL_METRICS}/${EXTERNAL_VERSION}`, metadata: {}, items }
}

function groupList(providers: Providers): object {
  const all = groupVersions(providers)
  const names = [...new Set(all.map(({ group }) => group))]
  const groups = names.map(name =>
    groupOf(
      name,
      all.filter(({ group }) => group === name),
    ),
  )
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

function groupOf(name: string, served: readonly { version: string }[]) {
  const versions = served.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

function selectorIn(query: URLSearchParams, name: string): Selector {
  const text = query.get(name)
  if (!text) return everything
  try {
    return parseSelector(text)
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}

const nothing = () => new StatusError(404, 'NotFound', 'the server could not find the requested resource')
