import type { StatusError } from '../errors.ts'
import { deepEqual } from '../json.ts'
import { decode } from '../schema/decode.ts'
import type { Kind, KubeObject } from '../schema/kind.ts'
import { applyConflict, type Contested } from './apply-conflict.ts'
import { checkApplied } from './check-applied.ts'
import { fieldsOf } from './compare.ts'
import { FieldSet } from './field-set.ts'
import { allowedByLastApplied, KUBECTL, syncLastApplied } from './last-applied.ts'
import {
  capped,
  entryOf,
  ignoredFields,
  isSame,
  type Manager,
  type ManagerOptions,
  readManagers,
  timeOf,
  UNOWNED,
  writeManagers,
} from './managers.ts'
import { mergeInto } from './merge.ts'
import { prune } from './prune.ts'
import { shapeOfType } from './typed.ts'
import { type Bare, Change } from './versions.ts'

/** Who owns the fields of an object that was first applied to without anybody having kept count. */
const BEFORE_FIRST_APPLY = 'before-first-apply'

/**
 * Records in `object.metadata.managedFields` what an ordinary write by `manager` changed. Changes `object` in place; its
 * managedFields must have been settled before (`settleManagedFields`). Objects without owners stay without, until somebody
 * applies to them.
 */
export function trackUpdate(
  kind: Kind,
  old: KubeObject | undefined,
  object: KubeObject,
  options: ManagerOptions,
): void {
  const base = object.metadata.managedFields
  if (old && !base?.length) {
    delete object.metadata.managedFields
    return
  }
  writeManagers(object, tracked(kind, old, object, readManagers(base), options))
}

/** structured-merge-diff Updater.Update. */
function tracked(
  kind: Kind,
  old: KubeObject | undefined,
  object: KubeObject,
  managers: Manager[],
  options: ManagerOptions,
): Manager[] {
  const { apiVersion } = kind
  const change = new Change(kind, bare(old ?? emptyOf(kind)), bare(object), options.versions)
  const { added, modified, removed } = change.own
  const changed = owned(kind, options.subresource, added.union(modified))
  const own = managers.find(m => isSame(m.entry, options, 'Update', apiVersion))
  const others: Manager[] = []
  for (const manager of managers) {
    const its = change.in(manager.entry.apiVersion)
    if (manager === own || !its) continue
    const set = manager.set.recursiveDifference(its.removed).recursiveDifference(its.modified)
    others.push({ entry: manager.entry, set })
  }
  const kept = own?.set.recursiveDifference(removed)
  const set = changed.empty && kept ? kept : (kept ?? new FieldSet()).union(changed)
  const time = changed.empty && own ? own.entry.time : timeOf(options.now)
  others.push({ set, entry: entryOf(options, 'Update', apiVersion, time) })
  return capped(others.filter(m => !m.set.empty))
}

function owned(kind: Kind, subresource: string, set: FieldSet): FieldSet {
  const ignored = ignoredFields(kind, subresource)
  const stripped = set.recursiveDifference(UNOWNED)
  return ignored ? stripped.recursiveDifference(ignored) : stripped
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
  checkApplied(kind, config)
  const managers = managersBefore(kind, live, options)
  const own = managers.find(m => isSame(m.entry, options, 'Apply', apiVersion))
  const others = managers.filter(m => m !== own)

  const wanted = owned(kind, options.subresource, fieldsOf(shape, bare(config)))
  const before = bare(live ?? emptyOf(kind))
  let merged = mergeInto(shape, before, bare(config)) as Bare
  const { versions } = options
  const applied = { set: wanted, entry: entryOf(options, 'Apply', apiVersion, undefined) }
  if (own) merged = prune(kind, merged, own, [...others, applied], versions)
  const change = new Change(kind, before, merged, versions)
  const contested = others
    .map(({ entry, set }) => {
      const its = change.in(entry.apiVersion)
      const fields = its ? set.intersection(its.added.union(its.modified)) : new FieldSet()
      return { entry, fields: its === change.own ? fields.intersection(wanted) : fields }
    })
    .filter(({ fields }) => !fields.empty)
  if (contested.length > 0 && !options.force) {
    const conflict = unlessLastApplied(kind, live, config, contested, options)
    if (conflict) throw conflict
  }
  const left = others.flatMap(({ entry, set }) => {
    const its = change.in(entry.apiVersion)
    const lost = contested.find(c => c.entry === entry)?.fields
    return its ? [{ entry, set: (lost ? set.difference(lost) : set).recursiveDifference(its.removed) }] : []
  })

  const object = { ...merged, apiVersion: config.apiVersion, kind: config.kind } as unknown as KubeObject
  object.metadata = { ...object.metadata }
  const same = own?.entry.apiVersion === apiVersion && own.set.equals(wanted)
  const unchanged = same && live && deepEqual(before, merged)
  const entry = entryOf(options, 'Apply', apiVersion, unchanged ? own!.entry.time : timeOf(options.now))
  writeManagers(object, [...left, { set: wanted, entry }])
  if (options.manager === KUBECTL) syncLastApplied(object, config)
  return object
}

/** The managers of the live object; where nobody has kept count, all its fields belong to one that stands for the past. */
function managersBefore(kind: Kind, live: KubeObject | undefined, options: ManagerOptions): Manager[] {
  if (!live) return []
  const managers = readManagers(live.metadata.managedFields)
  if (managers.length > 0) return managers
  return tracked(kind, undefined, live, [], { ...options, manager: BEFORE_FIRST_APPLY })
}

function unlessLastApplied(
  kind: Kind,
  live: KubeObject | undefined,
  config: KubeObject,
  contested: readonly Contested[],
  { manager }: ManagerOptions,
): StatusError | undefined {
  const allowed = live && manager === KUBECTL ? allowedByLastApplied(kind, live) : undefined
  const rest = allowed
    ? contested
        .map(({ entry, fields }) => ({ entry, fields: fields.difference(allowed) }))
        .filter(({ fields }) => !fields.empty)
    : contested
  return rest.length > 0 ? applyConflict(kind, config, rest) : undefined
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
function bare(object: KubeObject): Bare {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
