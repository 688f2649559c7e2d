import { rfc3339 } from '../clock.ts'
import { conflict, type StatusCause } from '../errors.ts'
import { deepEqual } from '../json.ts'
import type { ManagedFieldsEntry } from '../meta/object-meta.ts'
import { decode } from '../schema/decode.ts'
import type { Kind, KubeObject } from '../schema/kind.ts'
import type { Json } from '../schema/types.ts'
import { compare, fieldsOf } from './compare.ts'
import { FieldSet } from './field-set.ts'
import { mergeInto, removeFields } from './merge.ts'
import { shapeOfType } from './typed.ts'

export interface ManagerOptions {
  readonly manager: string
  readonly subresource: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** One manager's part of managedFields, taken apart. */
interface Manager {
  entry: ManagedFieldsEntry
  set: FieldSet
}

/** Fields nobody owns: identity, and what the server itself sets (upstream stripMeta). */
const UNOWNED = FieldSet.fromJson({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:clusterName': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
    'f:deletionTimestamp': {},
    'f:deletionGracePeriodSeconds': {},
  },
})

/** Beyond this many managers that update, the oldest are put together (upstream capManagers). */
const MAX_UPDATE_MANAGERS = 10

/** Records in `object.metadata.managedFields` what an ordinary write by `manager` changed. Changes `object` in place. */
export function trackUpdate(
  kind: Kind,
  old: KubeObject | undefined,
  object: KubeObject,
  options: ManagerOptions,
): void {
  const { message, apiVersion } = kind
  const shape = shapeOfType(message)
  const given = object.metadata.managedFields
  // An empty list resets the tracking; otherwise clients cannot forge it.
  const reset = old !== undefined && given !== undefined && given.length === 0
  const managers = reset ? [] : readManagers(old?.metadata.managedFields)
  const { added, modified, removed } = compare(shape, bare(old ?? emptyOf(kind)), bare(object))
  const changed = added.union(modified).recursiveDifference(UNOWNED)

  const own = managers.find(m => isSame(m.entry, options, 'Update', apiVersion))
  const set = (own?.set ?? new FieldSet()).union(changed).recursiveDifference(removed)
  for (const manager of managers) {
    if (manager !== own) manager.set = manager.set.recursiveDifference(removed).difference(modified)
  }
  const others = managers.filter(m => m !== own && !m.set.empty)
  if (!set.empty) {
    const fresh = !own || !changed.empty || !own.set.equals(set)
    others.push({
      set,
      entry: entryOf(options, 'Update', apiVersion, fresh ? options.now : Date.parse(own.entry.time ?? '')),
    })
  }
  writeManagers(object, capped(others))
}

/**
 * Applies a configuration server-side: lays it over the live object, removes what this manager applied before and no longer
 * states, and records who owns what. Gives a new object, without defaults. Throws 409 when another manager owns a field
 * that would change, unless `force`.
 */
export function applyConfiguration(
  kind: Kind,
  live: KubeObject | undefined,
  config: KubeObject,
  options: ManagerOptions & { readonly force: boolean },
): KubeObject {
  const { message, apiVersion } = kind
  const shape = shapeOfType(message)
  const managers = readManagers(live?.metadata.managedFields)
  const own = managers.find(m => isSame(m.entry, options, 'Apply', apiVersion))
  const others = managers.filter(m => m !== own)

  const wanted = fieldsOf(shape, bare(config)).recursiveDifference(UNOWNED)
  const before = bare(live ?? emptyOf(kind))
  let merged = mergeInto(shape, before, bare(config)) as Record<string, unknown>
  if (own) {
    let orphaned = own.set.difference(wanted)
    for (const { set } of others) orphaned = orphaned.difference(set)
    merged = (removeFields(shape, merged, orphaned) ?? {}) as Record<string, unknown>
  }
  const { added, modified } = compare(shape, before, merged)
  const changed = added.union(modified)
  const contested = others
    .map(manager => ({ manager, fields: manager.set.intersection(changed).intersection(wanted) }))
    .filter(({ fields }) => !fields.empty)
  if (contested.length > 0 && !options.force) throw applyConflict(kind, config, contested)
  for (const { manager, fields } of contested) manager.set = manager.set.difference(fields)

  const object = { ...merged, apiVersion: config.apiVersion, kind: config.kind } as unknown as KubeObject
  object.metadata = { ...live?.metadata, ...object.metadata }
  const unchanged = own?.set.equals(wanted) && live && deepEqual(before, merged)
  const time = unchanged ? Date.parse(own!.entry.time ?? '') : options.now
  const entry = entryOf(options, 'Apply', apiVersion, time)
  writeManagers(object, [...others.filter(m => !m.set.empty), { set: wanted, entry }])
  return object
}

const empties = new WeakMap<Kind, KubeObject>()

/** What Go's zero object of a kind would hold: what is always there is not new when an object is created. */
function emptyOf(kind: Kind): KubeObject {
  let empty = empties.get(kind)
  if (!empty) {
    empty = decode(kind.message, {})
    empties.set(kind, empty)
  }
  return empty
}

/** An object without managedFields, so that these are not compared. */
function bare(object: KubeObject): Record<string, unknown> {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] {
  return (entries ?? []).map(entry => ({ entry, set: FieldSet.fromJson(entry.fieldsV1) }))
}

function isSame(
  entry: ManagedFieldsEntry,
  { manager, subresource }: ManagerOptions,
  operation: string,
  apiVersion: string,
): boolean {
  return (
    entry.manager === manager &&
    entry.operation === operation &&
    (entry.subresource ?? '') === subresource &&
    (operation === 'Apply' || entry.apiVersion === apiVersion)
  )
}

function entryOf(
  { manager, subresource }: ManagerOptions,
  operation: string,
  apiVersion: string,
  time: number,
): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion,
    time: rfc3339(time),
    fieldsType: 'FieldsV1',
    ...(subresource && { subresource }),
  }
}

function writeManagers(object: KubeObject, managers: Manager[]): void {
  const order = ({ entry }: Manager) => `${entry.operation} ${entry.time} ${entry.manager} ${entry.subresource ?? ''}`
  managers.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  if (managers.length === 0) {
    delete object.metadata.managedFields
    return
  }
  object.metadata.managedFields = managers.map(({ entry, set }) => {
    const { subresource, ...rest } = entry
    return { ...rest, fieldsV1: set.toJson() as Json, ...(subresource && { subresource }) }
  })
}

function capped(managers: Manager[]): Manager[] {
  const updates = managers.filter(m => m.entry.operation === 'Update')
  if (updates.length <= MAX_UPDATE_MANAGERS) return managers
  updates.sort((a, b) => ((a.entry.time ?? '') < (b.entry.time ?? '') ? -1 : 1))
  const merging = updates.slice(0, updates.length - MAX_UPDATE_MANAGERS + 1)
  const joined = merging.reduce((set, m) => set.union(m.set), new FieldSet())
  const last = merging[merging.length - 1]!
  const ancient = { set: joined, entry: { ...last.entry, manager: 'ancient-changes', subresource: undefined } }
  return [...managers.filter(m => !merging.includes(m)), ancient]
}

function applyConflict(kind: Kind, config: KubeObject, contested: { manager: Manager; fields: FieldSet }[]) {
  const causes: StatusCause[] = []
  const texts: string[] = []
  for (const { manager, fields } of contested) {
    const { entry } = manager
    const who = `${JSON.stringify(entry.manager)}${entry.subresource ? ` with subresource ${JSON.stringify(entry.subresource)}` : ''}`
    const using =
      entry.apiVersion === kind.apiVersion && entry.operation === 'Apply' ? '' : ` using ${entry.apiVersion}`
    const paths = [...fields.paths()]
    for (const field of paths)
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${who}${using}`, field })
    texts.push(
      paths.length === 1
        ? `conflict with ${who}${using}: ${paths[0]}`
        : `conflicts with ${who}${using}:\n- ${paths.join('\n- ')}`,
    )
  }
  const count = causes.length === 1 ? '1 conflict' : `${causes.length} conflicts`
  const error = conflict(kind, config.metadata.name ?? '', '', causes)
  error.message = `Apply failed with ${count}: ${texts.join('\n')}`
  error.status.message = error.message
  return error
}
