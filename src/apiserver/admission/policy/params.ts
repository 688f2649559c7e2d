import type { ParamKind, ParamRef } from '../../../api/admissionregistration/policy-match.ts'
import { selectorOf } from '../../../apimachinery/labels.ts'
import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { Resource } from '../../registry/resource.ts'

/** Why a policy's parameters cannot be had. */
export class ParamsError extends Error {}

/**
 * The objects that parametrize a policy: `null` for a policy without. None at all: the binding allows that there are none.
 * Throws ParamsError where there should be some (upstream policy/generic CollectParams).
 */
export function paramsOf(
  server: ApiServer,
  kind: ParamKind | undefined,
  reference: ParamRef | undefined,
  namespace: string,
): (KubeObject | null)[] {
  if (!kind) return [null]
  if (!reference) return [null]
  const resource = resourceOf(server, kind)
  const { name, selector, parameterNotFoundAction: action } = reference
  const namespaced = resource.kind.scope === 'Namespaced'
  const where = namespaced ? (reference.namespace ?? namespace) : ''
  if (namespaced && !where)
    throw new ParamsError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  if (!namespaced && reference.namespace) {
    throw new ParamsError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  }
  const found: KubeObject[] = []
  if (name) {
    const entry = resource.cacher.get(resource.key(where, name))
    if (entry) found.push(resource.objectOf(entry))
  } else if (selector) {
    const matcher = selectorOf(selector)
    for (const entry of resource.cacher.scan(namespaced ? `${where}/` : '')) {
      const object = resource.objectOf(entry)
      if (matcher.matches(object.metadata.labels)) found.push(object)
    }
  }
  if (found.length === 0 && action !== 'Allow') {
    throw new ParamsError('no params found for policy binding with `Deny` parameterNotFoundAction')
  }
  return found
}

function resourceOf({ resources }: ApiServer, { apiVersion = '', kind = '' }: ParamKind): Resource {
  for (const resource of resources) {
    if (resource.kind.kind === kind && resource.kind.apiVersion === apiVersion) return resource
  }
  throw new ParamsError(`failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`)
}
