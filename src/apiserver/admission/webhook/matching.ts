import type { RuleWithOperations } from '../../../api/admissionregistration/webhooks.ts'
import { namespace as namespaceKind } from '../../../api/core/namespace.ts'
import { type Selector, selectorOf } from '../../../apimachinery/labels.ts'
import type { LabelSelector } from '../../../apimachinery/meta/label-selector.ts'
import type { Kind } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { Resource } from '../../registry/resource.ts'
import type { AdmissionAttributes } from '../admission.ts'

/** What webhooks and admission policies say of the requests they want to see. */
export interface Criteria {
  readonly rules: readonly (RuleWithOperations & { readonly resourceNames?: readonly string[] })[]
  readonly excludeRules?: Criteria['rules']
  readonly matchPolicy?: string
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
}

/** Objects that decide on admission themselves: nothing may lock itself in. */
const EXEMPT = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
])

const includes = (list: readonly string[] = [], value: string) => list.includes('*') || list.includes(value)

/**
 * Finds out which webhooks and policies a request concerns (upstream plugin/webhook/predicates and policy/matching). Selectors
 * are compiled once.
 */
export class Matcher {
  readonly #server: ApiServer
  readonly #selectors = new WeakMap<LabelSelector, Selector>()

  constructor(server: ApiServer) {
    this.#server = server
  }

  /**
   * The kind by which the criteria know the object: the request's own, or with the policy Equivalent another version of it;
   * undefined where they do not match.
   */
  match(criteria: Criteria, attributes: AdmissionAttributes): Kind | undefined {
    if (attributes.kind.group === 'admissionregistration.k8s.io' && EXEMPT.has(attributes.kind.plural)) return undefined
    if (!this.#matchesNamespace(criteria, attributes) || !this.#matchesObject(criteria, attributes)) return undefined
    if (criteria.excludeRules && this.#kindFor(criteria.excludeRules, criteria, attributes)) return undefined
    return this.#kindFor(criteria.rules, criteria, attributes)
  }

  #kindFor(rules: Criteria['rules'], { matchPolicy }: Criteria, attributes: AdmissionAttributes): Kind | undefined {
    const fits = (kind: Kind) => rules.some(rule => ruleMatches(rule, kind, attributes))
    if (fits(attributes.kind)) return attributes.kind
    if (matchPolicy === 'Exact') return undefined
    return this.#equivalents(attributes.kind).find(fits)
  }

  /** Other served versions of what is stored as one. */
  #equivalents(kind: Kind): Kind[] {
    const { resources } = this.#server
    const own = resources.find(kind.group, kind.version, kind.plural)
    if (!own) return []
    return [...resources]
      .filter((other: Resource) => other !== own && other.cacher === own.cacher)
      .map(other => other.kind)
  }

  #matchesNamespace({ namespaceSelector }: Criteria, attributes: AdmissionAttributes): boolean {
    const selector = this.#compiled(namespaceSelector)
    const { namespace, kind, name, object, operation } = attributes
    const isNamespace = kind.group === '' && kind.plural === 'namespaces'
    if (!selector || (!namespace && !isNamespace)) return true
    if (isNamespace && operation === 'CREATE') return selector.matches(object?.metadata.labels)
    const found = this.#server.resources.of(namespaceKind).cacher.get(isNamespace ? name : namespace)
    return selector.matches(found?.object.metadata.labels)
  }

  #matchesObject({ objectSelector }: Criteria, { object, oldObject }: AdmissionAttributes): boolean {
    const selector = this.#compiled(objectSelector)
    if (!selector) return true
    return [object, oldObject].some(one => one?.metadata && selector.matches(one.metadata.labels))
  }

  #compiled(selector: LabelSelector | undefined): Selector | undefined {
    if (!selector) return undefined
    let compiled = this.#selectors.get(selector)
    if (!compiled) {
      compiled = selectorOf(selector)
      this.#selectors.set(selector, compiled)
    }
    return compiled
  }
}

function ruleMatches(
  rule: Criteria['rules'][number],
  kind: Kind,
  { operation, subresource, namespace, name }: AdmissionAttributes,
): boolean {
  const { scope = '*' } = rule
  const namespaced = namespace !== '' && !(kind.group === '' && kind.plural === 'namespaces')
  return (
    (scope === '*' || (scope === 'Namespaced') === namespaced) &&
    includes(rule.operations, operation) &&
    includes(rule.apiGroups, kind.group) &&
    includes(rule.apiVersions, kind.version) &&
    (rule.resources ?? []).some(text => resourceMatches(text, kind.plural, subresource)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
  )
}

function resourceMatches(text: string, resource: string, subresource: string): boolean {
  const [wanted = '', sub = ''] = text.split('/')
  return (wanted === '*' || wanted === resource) && (sub === '*' || sub === subresource)
}
