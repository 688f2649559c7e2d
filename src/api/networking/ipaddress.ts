import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, ref, string } from '../../apimachinery/schema/types.ts'
import { isCanonicalIP } from '../../apimachinery/validation/ip.ts'
import { isDNS1123Subdomain, isPathSegmentName } from '../../apimachinery/validation/names.ts'
import { column } from '../columns.ts'

export const parentReference = message(
  'k8s.io.api.networking.v1.ParentReference',
  {
    group: string(1).format(isDNS1123Subdomain).doc('Its API group; empty for the core group.'),
    resource: string(2).required().format(isPathSegmentName).doc('Its resource, as services.'),
    namespace: string(3).format(isPathSegmentName).doc('Its namespace.'),
    name: string(4).required().format(isPathSegmentName).doc('Its name.'),
  },
  { doc: 'The object that an address belongs to.' },
)
export interface ParentReference extends Infer<typeof parentReference> {}

export const ipAddressSpec = message(
  'k8s.io.api.networking.v1.IPAddressSpec',
  { parentRef: ref(1, parentReference).required().immutable().doc('The object that it belongs to.') },
  { doc: 'Whom an address belongs to.' },
)
export interface IPAddressSpec extends Infer<typeof ipAddressSpec> {}

const fields = {
  spec: ref(2, ipAddressSpec).present().doc('Whom it belongs to.'),
}
export interface IPAddress extends ObjectOf<typeof fields> {}

function parentOf({ spec: { parentRef } }: IPAddress): string {
  if (!parentRef) return '<none>'
  const { group, resource, namespace, name } = parentRef
  return [group ? `${resource}.${group}` : resource, namespace, name].filter(Boolean).join('/')
}

const columns: readonly Column<IPAddress>[] = [column('ParentRef', parentOf, 'The object that it belongs to.')]

export const ipAddress = kind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'Cluster',
  doc: 'An address that is taken; its name is the address.',
  fields,
  nameFormat: isCanonicalIP,
  tracksGeneration: false,
  columns,
})
