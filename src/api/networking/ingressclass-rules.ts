import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Label, isDNS1123Subdomain, isPathSegmentName } from '../../apimachinery/validation/names.ts'
import type { IngressClassParametersReference } from './ingressclass.ts'

export function validateParameters(reference: IngressClassParametersReference, at: At): void {
  const { apiGroup, kind, name, scope, namespace } = reference
  if (apiGroup) at.child('apiGroup').invalidEach(apiGroup, isDNS1123Subdomain(apiGroup))
  if (kind) at.child('kind').invalidEach(kind, isPathSegmentName(kind))
  if (name) at.child('name').invalidEach(name, isPathSegmentName(name))
  const place = at.child('namespace')
  if (scope === 'Namespace') {
    if (!namespace) place.required("`parameters.scope` is set to 'Namespace'")
    else place.invalidEach(namespace, isDNS1123Label(namespace))
  } else if (scope === 'Cluster' && namespace !== undefined) {
    place.forbidden("`parameters.scope` is set to 'Cluster'")
  }
}
