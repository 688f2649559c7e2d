import { type Infer, message, string } from '../schema/types.ts'

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1'

/** A kind of one API version, as webhooks are told of it. */
export const groupVersionKind = message(
  `${META}.GroupVersionKind`,
  {
    group: string(1).present().doc('The API group; empty for the core group.'),
    version: string(2).present().doc('The version in the group.'),
    kind: string(3).present().doc('The kind.'),
  },
  { doc: 'A kind of one API version.' },
)
export interface GroupVersionKind extends Infer<typeof groupVersionKind> {}

/** A resource of one API version. */
export const groupVersionResource = message(
  `${META}.GroupVersionResource`,
  {
    group: string(1).present().doc('The API group; empty for the core group.'),
    version: string(2).present().doc('The version in the group.'),
    resource: string(3).present().doc('The resource, in the plural.'),
  },
  { doc: 'A resource of one API version.' },
)
export interface GroupVersionResource extends Infer<typeof groupVersionResource> {}
