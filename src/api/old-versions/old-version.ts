import { decode } from '../../apimachinery/schema/decode.ts'
import type { Kind, KindBehaviour, KubeObject } from '../../apimachinery/schema/kind.ts'
import {
  Field,
  type Fields,
  isList,
  isMap,
  isMessage,
  type Message,
  type Type,
} from '../../apimachinery/schema/types.ts'
import type { At } from '../../apimachinery/validation/at.ts'

/** How a message of an old version differs from the one it has become. */
export interface Difference {
  fields?(fields: Fields): Fields
  /** In place of whether server-side apply changes it as a whole. */
  atomic?: boolean
  /** In place of the defaults across fields. */
  defaults?(value: object): void
  /** In place of the rules across fields; matters where `rules` are the version's own. */
  validate?: Message['facts']['validate']
}

/** What another version of a kind has of its own; everything else is as it is in the current one. */
export interface OldVersion {
  /** The API group, where that was another. */
  readonly group?: string
  readonly version: string
  /** Upstream's release that called it deprecated, as 1.8; none has so far when left out. */
  readonly deprecated?: string
  /** Upstream's release that no longer had it, or is not to have it. */
  readonly removed?: string
  /** What the warning says to use instead; false: nothing. */
  readonly replacement?: false
  /** Messages that differ, by the last part of their names. */
  readonly messages?: Readonly<Record<string, Difference>>
  /** Messages that the old version has from the current one's package. */
  readonly borrowed?: readonly string[]
  /** Defaults across the whole object. */
  defaults?(object: KubeObject): void
  /** Turn a copy, which may be changed, into what the current version has, and back. Only for differing shapes. */
  toCurrent?(object: KubeObject): KubeObject
  fromCurrent?(object: KubeObject): KubeObject
  /** Which rules hold: those of the stored version, after conversion, unless it has its own. */
  readonly rules?: 'own'
  /** With rules of its own: in place of those of the whole object. */
  validate?(object: KubeObject, at: At): void
}

/**
 * An older or less stable version of a kind: served as another view of the objects of the current one, with a warning where
 * it is deprecated. Its messages are
 * the current ones' under names of its own package, but for the differences.
 */
export function oldVersion(current: Kind, old: OldVersion): Kind {
  const group = old.group ?? current.group
  const apiVersion = `${group}/${old.version}`
  const message = new Renaming(current, group, old).kindMessage()
  const toCurrent = (object: KubeObject, options = { defaults: true }) => {
    const { apiVersion: _, kind: __, ...fields } = old.toCurrent?.(structuredClone(object)) ?? object
    const complete = decode(current.message, fields, options)
    if (options.defaults) current.defaults?.(complete)
    return Object.assign(complete, { apiVersion: current.apiVersion, kind: current.kind })
  }
  const fromCurrent = (object: KubeObject) => {
    const { apiVersion: _, kind: __, ...fields } = old.fromCurrent?.(structuredClone(object)) ?? object
    return Object.assign(decode(message, fields), { apiVersion, kind: current.kind })
  }
  return {
    ...behaviour(current, old, toCurrent),
    group,
    version: old.version,
    kind: current.kind,
    plural: current.plural,
    singular: current.singular,
    scope: current.scope,
    verbs: current.verbs,
    apiVersion,
    message,
    storedAs: {
      kind: current.storedAs?.kind ?? current,
      toStored(object, options) {
        const its = toCurrent(object, options)
        return current.storedAs?.toStored(its, options) ?? its
      },
      fromStored: object => fromCurrent(current.storedAs?.fromStored(object) ?? object),
      ...(old.rules !== 'own' && { rules: 'stored' }),
      sameFields: !old.toCurrent,
    },
    ...(old.deprecated && {
      deprecated: { warning: warningOf(current, apiVersion, old), removedRelease: old.removed },
    }),
    // What upstream no longer has is served all the same; what it has, as upstream serves it.
    offByDefault: !old.removed || minorOf(old.removed) > RELEASE,
  }
}

/** The minor version of the release that is followed. */
const RELEASE = 36
const minorOf = (release: string) => Number(release.split('.')[1])

function warningOf(current: Kind, apiVersion: string, { deprecated, removed, replacement }: OldVersion): string {
  const use = replacement === false ? '' : `; use ${current.apiVersion} ${current.kind}`
  return `${apiVersion} ${current.kind} is deprecated in v${deprecated}+, unavailable in v${removed}+${use}`
}

/** What the kind does that does not depend on its version. */
function behaviour(current: Kind, old: OldVersion, toCurrent: (object: KubeObject) => KubeObject) {
  const as = old.toCurrent ? toCurrent : (object: KubeObject) => object
  const { warnings, selectableFields = {}, columns } = current
  const elsewhere = old.group !== undefined && old.group !== current.group
  const same: KindBehaviour<KubeObject> = {
    doc: current.doc,
    // In a group of its own these would compete with the current version's.
    ...(!elsewhere && { shortNames: current.shortNames, categories: current.categories }),
    subresources: current.subresources,
    nameFormat: current.nameFormat,
    nameColumn: current.nameColumn,
    createOnUpdate: current.createOnUpdate,
    tracksGeneration: current.tracksGeneration,
    columns: columns?.map(column => ({ ...column, cell: (object, now) => column.cell(as(object), now) })),
    selectableFields: Object.fromEntries(
      Object.entries(selectableFields).map(([name, get]) => [name, (object: KubeObject) => get(as(object))]),
    ),
    warnings: warnings && ((object, before) => warnings(as(object), before && as(before))),
    defaults: old.defaults,
    ...(!old.toCurrent && {
      prepareForCreate: current.prepareForCreate,
      prepareForUpdate: current.prepareForUpdate,
      prepareForStatusUpdate: current.prepareForStatusUpdate,
      prepareForDelete: current.prepareForDelete,
    }),
  }
  if (old.rules !== 'own') return same
  const { validate, validateCreate, validateUpdate, validateStatusUpdate } = current
  return { ...same, validate: old.validate ?? validate, validateCreate, validateUpdate, validateStatusUpdate }
}

/** The same field under another protobuf number. */
export const renumbered = ({ type, facts }: Fields[string], number: number): Fields[string] =>
  new Field(number, type, facts)

const packageOf = (messageName: string) => messageName.slice(0, messageName.lastIndexOf('.') + 1)

/** The messages of a kind under the names of another package. */
class Renaming {
  readonly #current: Kind
  readonly #from: string
  readonly #to: string
  readonly #old: OldVersion
  readonly #done = new Map<Message, Message>()

  constructor(current: Kind, group: string, old: OldVersion) {
    this.#current = current
    this.#from = packageOf(current.message.name)
    this.#to =
      group === current.group
        ? this.#from.replace(/[^.]+\.$/, `${old.version}.`)
        : `k8s.io.api.${group.split('.')[0]}.${old.version}.`
    this.#old = old
  }

  kindMessage(): Message<KubeObject> {
    return this.#message(this.#current.message as Message) as Message<KubeObject>
  }

  #type(type: Type): Type {
    if (isList(type)) return { ...type, item: this.#type(type.item) } as Type
    if (isMap(type)) return { ...type, value: this.#type(type.value) } as Type
    if (!isMessage(type) || packageOf(type.name) !== this.#from) return type
    return this.#old.borrowed?.includes(type.name.slice(this.#from.length)) ? type : this.#message(type)
  }

  #message(message: Message): Message {
    const known = this.#done.get(message)
    if (known) return known
    const name = message.name.slice(this.#from.length)
    const { fields: change, ...facts } = this.#old.messages?.[name] ?? {}
    const fields: Record<string, Fields[string]> = {}
    const renamed = { ...message, name: this.#to + name, fields, facts: { ...message.facts, ...facts } }
    this.#done.set(message, renamed)
    for (const [key, field] of Object.entries(change?.(message.fields) ?? message.fields)) {
      fields[key] = new Field(field.number, this.#type(field.type), field.facts)
    }
    return renamed
  }
}
