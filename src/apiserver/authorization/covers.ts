import type { PolicyRule } from './rbac.ts'

/** The smallest rules a rule is made of: one group, resource, verb and name each (upstream component-helpers validation.BreakdownRule). */
function atoms({ verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule) {
  const all: PolicyRule[] = []
  for (const verb of verbs) {
    for (const url of nonResourceURLs) all.push({ verbs: [verb], nonResourceURLs: [url] })
    for (const group of apiGroups) {
      for (const resource of resources) {
        const one = { verbs: [verb], apiGroups: [group], resources: [resource] }
        if (resourceNames.length === 0) all.push(one)
        else for (const name of resourceNames) all.push({ ...one, resourceNames: [name] })
      }
    }
  }
  return all
}

const has = (list: readonly string[] = [], value: string) => list.includes('*') || list.includes(value)

function covers(
  held: PolicyRule,
  { verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule,
): boolean {
  if (!has(held.verbs, verbs![0]!)) return false
  const url = nonResourceURLs?.[0]
  if (url !== undefined) {
    return (held.nonResourceURLs ?? []).some(
      own => own === '*' || own === url || (own.endsWith('*') && url.startsWith(own.slice(0, -1))),
    )
  }
  const [resource, subresource] = resources![0]!.split('/')
  const names = held.resourceNames ?? []
  return (
    has(held.apiGroups, apiGroups![0]!) &&
    (has(held.resources, resources![0]!) ||
      (resource !== '*' && subresource !== undefined && held.resources?.includes(`*/${subresource}`) === true)) &&
    (names.length === 0 || (resourceNames?.[0] !== undefined && names.includes(resourceNames[0])))
  )
}

/** What of the wanted rules nobody with the held ones may do. */
export function notCovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return compact(wanted.flatMap(atoms).filter(atom => !held.some(rule => covers(rule, atom))))
}

/** Joins the verbs of rules about the same resource. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const byTarget = new Map<string, { verbs: string[] } & PolicyRule>()
  for (const { verbs = [], ...target } of rules) {
    const key = JSON.stringify(target)
    const known = byTarget.get(key)
    if (!known) byTarget.set(key, { ...target, verbs: [...verbs] })
    else known.verbs.push(...verbs.filter(verb => !known.verbs.includes(verb)))
  }
  return [...byTarget.values()]
}

const list = (values: readonly string[]) => `[${values.map(value => JSON.stringify(value)).join(' ')}]`

/** A rule as upstream prints it in refusals. */
export function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = {
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
    Verbs: verbs,
  }
  const given = Object.entries(parts).filter(([, values]) => values && values.length > 0)
  return `{${given.map(([name, values]) => `${name}:${list(values!)}`).join(', ')}}`
}

export const listText = list
