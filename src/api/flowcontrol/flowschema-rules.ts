import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Label, isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import type {
  FlowSchemaSpec,
  NonResourcePolicyRule,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from './flowschema.ts'

/** The rules of flow schemas, after upstream's pkg/apis/flowcontrol/validation. */

const ALL = '*'
const MAX_PRECEDENCE = 10_000
const DISTINGUISHERS = ['ByNamespace', 'ByUser']
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const SUBJECT_FIELDS = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const

export function validateFlowSchema(name: string, spec: FlowSchemaSpec, at: At): void {
  const { matchingPrecedence: precedence, distinguisherMethod: method, priorityLevelConfiguration: level } = spec
  const place = at.child('matchingPrecedence')
  if (precedence <= 0) place.invalid(precedence, 'must be a positive value')
  if (precedence > MAX_PRECEDENCE) place.invalid(precedence, `must not be greater than ${MAX_PRECEDENCE}`)
  if (precedence === 1 && name !== 'exempt') {
    place.invalid(precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
  }
  if (method && !DISTINGUISHERS.includes(method.type)) {
    at.child('distinguisherMethod', 'type').notSupported(method, DISTINGUISHERS)
  }
  const levelAt = at.child('priorityLevelConfiguration', 'name')
  if (level.name === '') levelAt.required('must reference a priority level')
  else levelAt.invalidEach(level.name, isDNS1123Subdomain(level.name))
}

function validateServiceAccount({ name, namespace }: ServiceAccountSubject, at: At): void {
  if (name !== '' && name !== ALL) at.child('name').invalidEach(name, isDNS1123Subdomain(name))
  if (namespace === '') at.child('namespace').required('must specify namespace for service account')
  else at.child('namespace').invalidEach(namespace, isDNS1123Label(namespace))
}

export function validateSubject(subject: Subject, at: At): void {
  const { kind } = subject
  if (!Object.hasOwn(SUBJECT_FIELDS, kind)) {
    at.child('kind').notSupported(kind, Object.keys(SUBJECT_FIELDS))
    return
  }
  for (const [other, field] of Object.entries(SUBJECT_FIELDS)) {
    if (other !== kind && subject[field]) {
      at.child(field).forbidden(`${field} is forbidden when subject kind is not '${other}'`)
    } else if (other === kind && !subject[field]) {
      at.child(field).required(`${field} is required when subject kind is '${kind}'`)
    }
  }
  if (kind === 'ServiceAccount' && subject.serviceAccount) {
    validateServiceAccount(subject.serviceAccount, at.child('serviceAccount'))
  }
}

/** A list with * in it has nothing else. */
function validateAlone(values: readonly string[], what: string, at: At): void {
  if (values.includes(ALL) && values.length > 1) at.invalid(values, `if '*' is present, must not specify other ${what}`)
}

function validateVerbs(verbs: readonly string[], at: At): void {
  if (verbs.length === 0) at.required('verbs must contain at least one value')
  else if (verbs.includes(ALL)) validateAlone(verbs, 'verbs', at)
  else if (!verbs.every(verb => VERBS.includes(verb))) at.notSupported(verbs, VERBS)
}

export function validateResourceRule(rule: ResourcePolicyRule, at: At): void {
  const { verbs, apiGroups, resources, namespaces, clusterScope } = rule
  validateVerbs(verbs, at.child('verbs'))
  if (apiGroups.length === 0) at.child('apiGroups').required('resource rules must supply at least one api group')
  validateAlone(apiGroups, 'api groups', at.child('apiGroups'))
  if (resources.length === 0) at.child('resources').required('resource rules must supply at least one resource')
  validateAlone(resources, 'resources', at.child('resources'))
  const place = at.child('namespaces')
  if (namespaces.length === 0 && !clusterScope) {
    place.required('resource rules that are not cluster scoped must supply at least one namespace')
  }
  validateAlone(namespaces, 'namespaces', place)
  if (namespaces.includes(ALL)) return
  namespaces.forEach((namespace, i) => {
    for (const message of isDNS1123Label(namespace)) {
      place.index(i).invalid(namespace, `each member of this list must be '*' or a DNS-1123 label; ${message}`)
    }
  })
}

function pathProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty'
  if (path === '/') return undefined
  if (!path.startsWith('/')) return 'must start with slash'
  if (path.includes(' ')) return 'must not contain white-space'
  if (path.includes('//')) return 'must not contain double slash'
  const stars = path.split(ALL).length - 1
  return stars > 1 || (stars === 1 && !path.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined
}

export function validateNonResourceRule({ verbs, nonResourceURLs: paths }: NonResourcePolicyRule, at: At): void {
  validateVerbs(verbs, at.child('verbs'))
  const place = at.child('nonResourceURLs')
  if (paths.length === 0) place.required('nonResourceURLs must contain at least one value')
  validateAlone(paths, 'non-resource URLs', place)
  if (paths.includes(ALL)) return
  paths.forEach((path, i) => {
    const problem = pathProblem(path)
    if (problem) place.index(i).invalid(path, problem)
  })
}
