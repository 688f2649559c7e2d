import {
  any,
  bool,
  type Infer,
  type InferInput,
  int64,
  list,
  map,
  message,
  ref,
  string,
  time,
  types,
} from '../schema/types.ts'

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1'

export const ownerReference = message(
  `${META}.OwnerReference`,
  {
    kind: string(1).required().doc('Kind of the owner.'),
    name: string(3).required().doc('Name of the owner.'),
    uid: string(4).required().doc('UID of the owner.'),
    apiVersion: string(5).required().doc('API version of the owner.'),
    controller: bool(6).pointer().doc('Whether this owner is the managing controller; at most one owner is.'),
    blockOwnerDeletion: bool(7)
      .pointer()
      .doc('Whether foreground deletion of the owner waits until this object is gone.'),
  },
  {
    atomic: true,
    doc: 'Points at an object that this one belongs to; when all its owners are gone, the object is collected.',
  },
)
export interface OwnerReference extends Infer<typeof ownerReference> {}

export const managedFieldsEntry = message(
  `${META}.ManagedFieldsEntry`,
  {
    manager: string(1).doc('Who manages these fields.'),
    operation: string(2).doc('Apply for server-side apply, Update for everything else.'),
    apiVersion: string(3).doc('The version in which the field set is expressed.'),
    time: time(4).doc('When the manager last changed its set of fields or a value in it.'),
    fieldsType: string(6).doc('The format of the field set; FieldsV1 is the only one.'),
    fieldsV1: any(7).doc('The field set.'),
    subresource: string(8).doc('The subresource through which the fields were written, if any.'),
  },
  { doc: 'One manager and the fields it owns, for server-side apply.' },
)
export interface ManagedFieldsEntry extends Infer<typeof managedFieldsEntry> {}

/** What every stored object carries (meta/v1 ObjectMeta). */
export const objectMeta = message(
  `${META}.ObjectMeta`,
  {
    name: string(1).doc('Unique among objects of the kind in the namespace; cannot change.'),
    generateName: string(2).doc('A prefix from which the server makes a unique name when none is given.'),
    namespace: string(3).doc('The space within which the name is unique; empty for cluster-wide kinds.'),
    selfLink: string(4).doc('No longer set.'),
    uid: string(5).doc('Tells this object apart from all others, past ones of the same name too. Set by the server.'),
    resourceVersion: string(6).doc(
      'The store revision of the last change. Opaque to clients: give it back on update to notice others’ changes.',
    ),
    generation: int64(7).doc('Counts changes of the desired state. Set by the server.'),
    creationTimestamp: time(8).doc('When the server created the object.'),
    deletionTimestamp: time(9).doc('When the object will be, or was asked to be, deleted. Set by the server.'),
    deletionGracePeriodSeconds: int64(10)
      .pointer()
      .doc('Seconds the object may take to end, once deletion was asked for.'),
    labels: map(11, types.string).doc('Names and values that organise and select objects.'),
    annotations: map(12, types.string).doc('Free-form metadata kept by tools; not for selecting.'),
    ownerReferences: list(13, ownerReference)
      .mapKeys('uid')
      .patchMerge('uid')
      .doc('The objects this one depends on; it is collected when all are gone.'),
    finalizers: list(14, types.string)
      .set()
      .patchMerge()
      .doc('Identifiers that must all be removed before the object leaves the store.'),
    managedFields: list(17, managedFieldsEntry).atomic().doc('Who manages which fields; kept by the server.'),
  },
  { doc: 'Metadata that every stored object carries.' },
)
export interface ObjectMeta extends Infer<typeof objectMeta> {}
export interface ObjectMetaInput extends InferInput<typeof objectMeta> {}

export const listMeta = message(
  `${META}.ListMeta`,
  {
    selfLink: string(1).doc('No longer set.'),
    resourceVersion: string(2).doc('The revision at which the list is exact; watch from it.'),
    continue: string(3).doc('A token for the next page, when a limit cut the list.'),
    remainingItemCount: int64(4).pointer().doc('How many more items there are, where that is cheap to know.'),
    shardInfo: ref(
      5,
      message(
        `${META}.ShardInfo`,
        { selector: string(1).required().doc('The shard selector that was applied.') },
        { doc: 'Says which shard of a collection a list holds.' },
      ),
    ).doc('Set when the list holds only a shard.'),
  },
  { doc: 'Metadata of a list.' },
)
export interface ListMeta extends Infer<typeof listMeta> {}
