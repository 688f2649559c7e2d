import { rfc3339 } from '../clock.ts'
import type { ManagedFieldsEntry } from '../meta/object-meta.ts'
import type { Kind, KubeObject } from '../schema/kind.ts'
import type { Json } from '../schema/types.ts'
import { FieldSet } from './field-set.ts'
import type { Versions } from './versions.ts'

export interface ManagerOptions {
  readonly manager: string
  readonly subresource: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The versions of the kind, where these have other fields than each other. */
  readonly versions?: Versions
}

/** One manager's part of managedFields, taken apart. Its set is shared and never changed, only replaced. */
export interface Manager {
  entry: ManagedFieldsEntry
  set: FieldSet
}

/** Fields nobody owns: identity, and what the server itself sets (upstream stripMeta). */
export const UNOWNED = FieldSet.fromJson({
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

/** Beyond this many managers that update, the oldest of one version are put together (upstream capManagers). */
const MAX_UPDATE_MANAGERS = 10

const parsed = new WeakMap<object, FieldSet>()
const written = new WeakMap<FieldSet, Json>()

/** The managers of an object. Sets of entries seen before are not parsed again. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] {
  return (entries ?? []).map(entry => ({ entry, set: setOf(entry.fieldsV1) }))
}

function setOf(json: Json | undefined): FieldSet {
  if (typeof json !== 'object' || json === null) return new FieldSet()
  let set = parsed.get(json)
  if (!set) {
    set = FieldSet.fromJson(json)
    // Only what is frozen still says the same later on.
    if (Object.isFrozen(json)) {
      parsed.set(json, set)
      written.set(set, json)
    }
  }
  return set
}

/** Whether an entry is that of the writer in `options`. */
export function isSame(
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

export function entryOf(
  { manager, subresource }: ManagerOptions,
  operation: string,
  apiVersion: string,
  time: string | undefined,
): ManagedFieldsEntry {
  return { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', ...(subresource && { subresource }) }
}

/** Puts the managers that own anything into `object`, in upstream's order. */
export function writeManagers(object: KubeObject, managers: readonly Manager[]): void {
  const owners = managers.filter(m => !m.set.empty)
  const order = ({ entry: e }: Manager) =>
    `${e.operation} ${e.time ?? ''} ${e.manager} ${e.apiVersion} ${e.subresource ?? ''}`
  if (owners.length > 1) owners.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  if (owners.length === 0) {
    delete object.metadata.managedFields
    return
  }
  object.metadata.managedFields = owners.map(({ entry, set }) => {
    const { manager, operation, apiVersion, time, fieldsType, subresource } = entry
    const fieldsV1 = written.get(set) ?? (set.toJson() as Json)
    return {
      manager,
      operation,
      apiVersion,
      ...(time && { time }),
      fieldsType,
      fieldsV1,
      ...(subresource && { subresource }),
    }
  })
}

/** Puts the oldest updates of one version into one entry, until there are few enough. */
export function capped(managers: Manager[]): Manager[] {
  const updates = managers.filter(m => m.entry.operation === 'Update')
  let excess = updates.length - MAX_UPDATE_MANAGERS
  if (excess <= 0) return managers
  const age = ({ entry: e }: Manager) => `${e.time ?? ''} ${e.manager}`
  updates.sort((a, b) => (age(a) < age(b) ? -1 : 1))
  const joined = new Set<Manager>()
  const buckets = new Map<string, { manager: Manager; first: Manager }>()
  for (const update of updates) {
    const version = update.entry.apiVersion ?? ''
    const bucket = buckets.get(version)
    if (!bucket) {
      buckets.set(version, { manager: update, first: update })
      continue
    }
    joined.add(bucket.first).add(update)
    const entry = { ...update.entry, manager: 'ancient-changes', subresource: undefined }
    bucket.manager = { entry, set: bucket.manager.set.union(update.set) }
    if (--excess <= 0) break
  }
  const kept = managers.filter(m => !joined.has(m))
  return [...kept, ...[...buckets.values()].filter(b => b.manager !== b.first).map(b => b.manager)]
}

/** Whether a writer asks to forget all owners: by an empty list, or by one empty entry. */
export function isReset(given: unknown): boolean {
  if (!Array.isArray(given)) return false
  return given.length === 0 || (given.length === 1 && Object.keys(given[0] ?? {}).length === 0)
}

/**
 * Brings the managedFields that a write carries into order, before anybody looks at them: what cannot be read is as good
 * as not given, and what is not given stays as it was. Writes to subresources cannot set them.
 */
export function settleManagedFields(object: KubeObject, old: KubeObject | undefined, subresource: string): void {
  const given = object.metadata.managedFields
  const usable = given !== undefined && (isReset(given) || given.every(isReadable))
  if (usable && !subresource) {
    if (isReset(given)) object.metadata.managedFields = []
    return
  }
  const before = old?.metadata.managedFields
  if (before) object.metadata.managedFields = before
  else delete object.metadata.managedFields
}

function isReadable({ operation, apiVersion, fieldsType }: ManagedFieldsEntry): boolean {
  return (operation === 'Apply' || operation === 'Update') && !!apiVersion && fieldsType === 'FieldsV1'
}

const ignored = new WeakMap<Kind, { main: FieldSet; status: FieldSet }>()

/** Fields that a write through this subresource cannot change, so that nobody comes to own them by it (upstream's resetFields). */
export function ignoredFields(kind: Kind, subresource: string): FieldSet | undefined {
  if (!kind.subresources?.status || (subresource !== '' && subresource !== 'status')) return undefined
  let sets = ignored.get(kind)
  if (!sets) {
    const others = Object.keys(kind.message.fields).filter(name => name !== 'status' && name !== 'metadata')
    sets = {
      main: FieldSet.fromJson({ 'f:status': {} }),
      status: FieldSet.fromJson({
        ...Object.fromEntries(others.map(name => [`f:${name}`, {}])),
        'f:metadata': { 'f:ownerReferences': {} },
      }),
    }
    ignored.set(kind, sets)
  }
  return subresource === 'status' ? sets.status : sets.main
}

export const timeOf = (now: number): string => rfc3339(now)
