import { MachineError } from '../apimachinery/machine-error.ts'
import { parseYaml } from '../apimachinery/yaml.ts'

/** Which resources a series is about (kubernetes-sigs/prometheus-adapter pkg/config). */
export interface ResourceMapping {
  /** Resources by the label that names one of them. */
  readonly overrides?: Readonly<Record<string, { readonly group?: string; readonly resource: string }>>
  /** What such labels are called, as `kube_<<.Group>>_<<.Resource>>`. */
  readonly template?: string
  /** False: an external metric that is of no namespace. */
  readonly namespaced?: boolean
}

/** Which series become metrics, and how. */
export interface DiscoveryRule {
  /** A selector of series. */
  readonly seriesQuery: string
  readonly seriesFilters?: readonly { readonly is?: string; readonly isNot?: string }[]
  readonly resources?: ResourceMapping
  /** What a metric is called after its series; only matching series become one. */
  readonly name?: { readonly matches?: string; readonly as?: string }
  /** A query with <<.Series>>, <<.LabelMatchers>> and <<.GroupBy>>. */
  readonly metricsQuery?: string
}

export interface AdapterConfiguration {
  /** For custom.metrics.k8s.io. */
  readonly rules: readonly DiscoveryRule[]
  /** For external.metrics.k8s.io. */
  readonly externalRules: readonly DiscoveryRule[]
}

/** Reads a configuration in prometheus-adapter's form. Throws MachineError for what is none. */
export function readConfiguration(text: string, source: string): AdapterConfiguration {
  const fail = (why: string) =>
    new MachineError(
      `The configuration ${source} cannot be used`,
      why,
      'Its form is that of prometheus-adapter; mend it.',
    )
  let value: unknown
  try {
    value = parseYaml(text)
  } catch (error) {
    throw fail((error as Error).message)
  }
  if (!isObject(value)) throw fail('it is no YAML object')
  const rulesAt = (field: string): DiscoveryRule[] => {
    const rules = value[field] ?? []
    if (!Array.isArray(rules)) throw fail(`${field} is no list`)
    return rules.map((rule, i) => checked(rule, problem => fail(`${field}[${i}]${problem}`)))
  }
  if (value.resourceRules) throw fail('resourceRules are of no use here: the server itself answers for metrics.k8s.io')
  return { rules: rulesAt('rules'), externalRules: rulesAt('externalRules') }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const KNOWN = ['seriesQuery', 'seriesFilters', 'resources', 'name', 'metricsQuery']

function checked(rule: unknown, fail: (problem: string) => Error): DiscoveryRule {
  if (!isObject(rule)) throw fail(' is no object')
  const unknown = Object.keys(rule).find(field => !KNOWN.includes(field))
  if (unknown) throw fail(`.${unknown} is unknown`)
  if (typeof rule.seriesQuery !== 'string' || !rule.seriesQuery) throw fail('.seriesQuery is missing')
  if (rule.metricsQuery !== undefined && typeof rule.metricsQuery !== 'string') throw fail('.metricsQuery is no text')
  const { seriesFilters = [], resources = {}, name = {} } = rule
  if (!Array.isArray(seriesFilters) || !seriesFilters.every(isObject))
    throw fail('.seriesFilters is no list of objects')
  if (!isObject(name)) throw fail('.name is no object')
  if (!isObject(resources)) throw fail('.resources is no object')
  const { overrides = {} } = resources
  if (!isObject(overrides)) throw fail('.resources.overrides is no object')
  for (const [label, resource] of Object.entries(overrides)) {
    if (!isObject(resource) || typeof resource.resource !== 'string') {
      throw fail(`.resources.overrides[${label}] does not say which resource`)
    }
  }
  return rule as unknown as DiscoveryRule
}
