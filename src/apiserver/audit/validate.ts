import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { LEVELS, STAGES } from './event.ts'
import type { Policy, PolicyRule } from './policy.ts'

/** The rules of an audit Policy (upstream apis/audit/validation). */
export function validatePolicy({ rules, omitStages }: Policy, at: At): void {
  validateStages(omitStages, at.child('omitStages'))
  rules.forEach((rule, i) => void validateRule(rule, at.child('rules').index(i)))
  if (rules.length === 0) at.child('rules').required('loaded illegal policy with 0 rules')
}

function validateRule(rule: PolicyRule, at: At): void {
  if (!rule.level) at.child('level').required()
  else if (!(LEVELS as readonly string[]).includes(rule.level)) at.child('level').notSupported(rule.level, LEVELS)
  const { nonResourceURLs = [], resources = [], namespaces = [] } = rule
  const urls = at.child('nonResourceURLs')
  nonResourceURLs.forEach((url, i) => void validateUrl(url, urls.index(i)))
  for (const { group = '', resourceNames = [], resources: names = [] } of resources) {
    const place = at.child('resources')
    const wrong = group && group !== '*' ? isDNS1123Subdomain(group) : []
    if (wrong.length > 0) place.child('group').invalid(group, wrong.join(','))
    if (resourceNames.length > 0 && names.length === 0) {
      place.child('resourceNames').invalid(resourceNames, 'using resourceNames requires at least one resource')
    }
  }
  validateStages(rule.omitStages, at.child('omitStages'))
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    urls.invalid(nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs')
  }
}

function validateUrl(url: string, at: At): void {
  if (url === '*') return
  if (!url.startsWith('/')) at.invalid(url, "non-resource URL rules must begin with a '/' character")
  if (url.slice(0, -1).includes('*')) {
    at.invalid(url, "non-resource URL wildcards '*' must be the final character of the rule")
  }
}

function validateStages(stages: readonly string[] = [], at: At): void {
  stages.forEach((stage, i) => {
    if ((STAGES as readonly string[]).includes(stage)) return
    at.index(i).invalid(stage, `allowed stages are ${STAGES.join(',')}`)
  })
}
