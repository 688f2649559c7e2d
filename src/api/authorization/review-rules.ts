import type { ObjectMeta } from '../../apimachinery/meta/object-meta.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import type { NonResourceAttributes, ResourceAttributes } from './attributes.ts'

/** The rules of access reviews, after upstream's pkg/apis/authorization/validation. */

interface Attributes {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
}

interface Selecting {
  readonly rawSelector?: string
  readonly requirements?: readonly unknown[]
}

function validateSelector(selector: Selecting | undefined, at: At): void {
  if (!selector) return
  if (selector.rawSelector && selector.requirements) {
    at.child('rawSelector').invalid(selector.rawSelector, 'may not specified at the same time as requirements')
  }
  if (!selector.rawSelector && !selector.requirements) {
    at.child('requirements').required('when fieldSelector is specified, requirements or rawSelector is required')
  }
}

/** A review is about a resource or about a path. */
export function validateAttributes(
  { resourceAttributes: resource, nonResourceAttributes: path }: Attributes,
  at: At,
): void {
  if (resource && path) {
    at.child('nonResourceAttributes').invalid(path, 'cannot be specified in combination with resourceAttributes')
  }
  if (!resource && !path) {
    at.child('resourceAttributes').invalid(
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    )
  }
  validateSelector(resource?.fieldSelector, at.child('resourceAttributes', 'fieldSelector'))
  validateSelector(resource?.labelSelector, at.child('resourceAttributes', 'labelSelector'))
}

export function validateSubject(spec: Attributes & { user?: string; groups?: readonly string[] }, at: At): void {
  validateAttributes(spec, at)
  if (!spec.user && !spec.groups) {
    at.child('user').invalid(spec.user ?? '', 'at least one of user or group must be specified')
  }
}

/** Reviews are not kept, so there is nothing for their metadata to say, but for the namespace of a local one. */
export function nothingInMetadata(metadata: ObjectMeta, local: boolean, at: At): void {
  const { managedFields: _managed, creationTimestamp: _created, uid: _uid, namespace, ...rest } = metadata
  const said = Object.keys(rest).length > 0 || (!local && namespace)
  if (said) at.invalid(metadata, local ? 'must be empty except for namespace' : 'must be empty')
}
