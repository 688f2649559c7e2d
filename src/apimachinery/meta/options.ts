import { bool, type Infer, int64, list, message, ref, string, types } from '../schema/types.ts'

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1'

const dryRun = (number: number) =>
  list(number, types.string).atomic().doc('`All` goes through every step but stores nothing.')
const fieldManager = (number: number) => string(number).doc('Who the writer is, for managedFields; at most 128 bytes.')
const fieldValidation = (number: number) =>
  string(number).doc('What to do with unknown and duplicate fields: Ignore, Warn or Strict.')

export const preconditions = message(
  `${META}.Preconditions`,
  {
    uid: string(1).pointer().doc('The UID the object must have.'),
    resourceVersion: string(2).pointer().doc('The resourceVersion the object must have.'),
  },
  { doc: 'What must be true of an object before it is changed.' },
)
export interface Preconditions extends Infer<typeof preconditions> {}

export const deleteOptions = message(
  `${META}.DeleteOptions`,
  {
    gracePeriodSeconds: int64(1)
      .pointer()
      .doc('Seconds the object gets to end by itself; 0 deletes at once. Default: what the kind says.'),
    preconditions: ref(2, preconditions).doc('Delete only if these hold; otherwise 409 Conflict.'),
    orphanDependents: bool(3).pointer().doc('The older form of propagationPolicy.'),
    propagationPolicy: string(4).pointer().doc('What becomes of the dependents: Orphan, Background or Foreground.'),
    dryRun: dryRun(5),
    ignoreStoreReadErrorWithClusterBreakingPotential: bool(6)
      .pointer()
      .doc('Delete also what can no longer be read from the store, skipping every other step.'),
  },
  { doc: 'How to delete.' },
)
export interface DeleteOptions extends Infer<typeof deleteOptions> {}

export const createOptions = message(
  `${META}.CreateOptions`,
  { dryRun: dryRun(1), fieldManager: fieldManager(3), fieldValidation: fieldValidation(4) },
  { doc: 'How to create.' },
)
export interface CreateOptions extends Infer<typeof createOptions> {}

export const updateOptions = message(
  `${META}.UpdateOptions`,
  { dryRun: dryRun(1), fieldManager: fieldManager(2), fieldValidation: fieldValidation(3) },
  { doc: 'How to update.' },
)
export interface UpdateOptions extends Infer<typeof updateOptions> {}

export const patchOptions = message(
  `${META}.PatchOptions`,
  {
    dryRun: dryRun(1),
    force: bool(2).pointer().doc('For server-side apply: take over the fields that others manage.'),
    fieldManager: fieldManager(3),
    fieldValidation: fieldValidation(4),
  },
  { doc: 'How to patch.' },
)
export interface PatchOptions extends Infer<typeof patchOptions> {}

export const listOptions = message(
  `${META}.ListOptions`,
  {
    labelSelector: string(1).doc('Only objects with such labels.'),
    fieldSelector: string(2).doc('Only objects with such fields.'),
    watch: bool(3).doc('Stream the changes instead of listing.'),
    allowWatchBookmarks: bool(9).doc('Send bookmarks, which tell how far the watch has come.'),
    resourceVersion: string(4).doc('The revision to read at or to watch from.'),
    resourceVersionMatch: string(10).doc('How to read resourceVersion: NotOlderThan or Exact.'),
    timeoutSeconds: int64(5).pointer().doc('Seconds after which to end.'),
    limit: int64(7).doc('At most so many objects; the list then tells how to go on.'),
    continue: string(8).doc('Goes on where an earlier list was cut.'),
    sendInitialEvents: bool(11).pointer().doc('Begin the watch with the objects that exist.'),
    shardSelector: string(15).doc('Only objects of this shard.'),
  },
  { doc: 'What to list or watch.' },
)
export interface ListOptions extends Infer<typeof listOptions> {}
