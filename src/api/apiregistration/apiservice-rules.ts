import type { At } from '../../apimachinery/validation/at.ts'
import {
  isDNS1035Label,
  isDNS1123Subdomain,
  isPathSegmentName,
  isPortNumber,
} from '../../apimachinery/validation/names.ts'
import type { APIService, APIServiceStatus, ServiceReference } from './apiservice.ts'

/** The rules of APIServices, after upstream's kube-aggregator/pkg/apis/apiregistration/validation. */

const MAX_GROUP_PRIORITY = 20_000
const MAX_VERSION_PRIORITY = 1000
const STATUSES = ['False', 'True', 'Unknown']

function validateService({ namespace, name, port }: ServiceReference, at: At): void {
  if (!namespace) at.child('namespace').required()
  if (!name) at.child('name').required()
  const problems = isPortNumber(port)
  if (problems.length > 0) at.child('port').invalid(port, `port is not valid: ${problems.join(', ')}`)
}

export function validateAPIService({ metadata, spec }: APIService, root: At): void {
  const at = root.child('spec')
  const { group = '', version = '', service, caBundle = '' } = spec
  const expected = `${version}.${group}`
  const name = metadata.name ?? ''
  if (name !== expected && isPathSegmentName(name).length === 0) {
    const rule = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`
    root.child('metadata', 'name').invalid(name, rule)
  }
  if (group === '' && version !== 'v1') {
    at.child('group').required('only v1 may have an empty group and it better be legacy kube')
  }
  if (group !== '') at.child('group').invalidEach(group, isDNS1123Subdomain(group))
  at.child('version').invalidEach(version, isDNS1035Label(version))
  const { groupPriorityMinimum: groupPriority, versionPriority } = spec
  if (groupPriority <= 0 || groupPriority > MAX_GROUP_PRIORITY) {
    at.child('groupPriorityMinimum').invalid(groupPriority, 'must be positive and less than 20000')
  }
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) {
    at.child('versionPriority').invalid(versionPriority, 'must be positive and less than 1000')
  }
  if (!service) {
    if (caBundle !== '') {
      const size = `${Buffer.from(caBundle, 'base64').length} bytes`
      at.child('caBundle').invalid(size, 'local APIServices may not have a caBundle')
    }
    if (spec.insecureSkipTLSVerify) {
      at.child('insecureSkipTLSVerify').invalid(true, 'local APIServices may not have insecureSkipTLSVerify')
    }
    return
  }
  validateService(service, at.child('service'))
  if (spec.insecureSkipTLSVerify && caBundle !== '') {
    at.child('insecureSkipTLSVerify').invalid(true, 'may not be true if caBundle is present')
  }
}

export function validateAPIServiceStatus({ conditions = [] }: APIServiceStatus, at: At): void {
  conditions.forEach(({ status }, i) => {
    if (!STATUSES.includes(status)) at.child('conditions').index(i).child('status').notSupported(status, STATUSES)
  })
}
