import { type Infer, message, string } from '../../apimachinery/schema/types.ts'

/** Names an object in the same namespace. */
export const localObjectReferenceFields = {
  name: string(1).doc('Name of the object.'),
}

/** Names an object in the same namespace. */
export const localObjectReference = message('k8s.io.api.core.v1.LocalObjectReference', localObjectReferenceFields, {
  atomic: true,
  doc: 'Names an object in the same namespace.',
})
export interface LocalObjectReference extends Infer<typeof localObjectReference> {}

export const typedLocalObjectReference = message(
  'k8s.io.api.core.v1.TypedLocalObjectReference',
  {
    apiGroup: string(1).pointer().doc('Its API group; empty for the core group.'),
    kind: string(2).present().doc('Its kind.'),
    name: string(3).present().doc('Its name.'),
  },
  {
    atomic: true,
    doc: 'Names an object of any kind in the same namespace.',
  },
)
export interface TypedLocalObjectReference extends Infer<typeof typedLocalObjectReference> {}

export const typedObjectReference = message(
  'k8s.io.api.core.v1.TypedObjectReference',
  {
    apiGroup: string(1).pointer().doc('Its API group; empty for the core group.'),
    kind: string(2).present().doc('Its kind.'),
    name: string(3).present().doc('Its name.'),
    namespace: string(4)
      .pointer()
      .doc("Its namespace; the referrer's own when not given. Elsewhere a ReferenceGrant must allow it."),
  },
  {
    doc: 'Names an object of any kind, in another namespace if need be.',
  },
)
export interface TypedObjectReference extends Infer<typeof typedObjectReference> {}

export const secretReference = message(
  'k8s.io.api.core.v1.SecretReference',
  {
    name: string(1).doc('Name of the Secret.'),
    namespace: string(2).doc('Its namespace.'),
  },
  {
    atomic: true,
    doc: 'Names a Secret in any namespace.',
  },
)
export interface SecretReference extends Infer<typeof secretReference> {}

export const objectReference = message(
  'k8s.io.api.core.v1.ObjectReference',
  {
    kind: string(1).doc('Its kind.'),
    namespace: string(2).doc('Its namespace.'),
    name: string(3).doc('Its name.'),
    uid: string(4).doc('Its UID.'),
    apiVersion: string(5).doc('The API version it is meant in.'),
    resourceVersion: string(6).doc('The version of it that is meant.'),
    fieldPath: string(7).doc('The part that is meant, as `spec.containers{web}`.'),
  },
  {
    atomic: true,
    doc: 'Points at an object, or a part of one.',
  },
)
export interface ObjectReference extends Infer<typeof objectReference> {}
