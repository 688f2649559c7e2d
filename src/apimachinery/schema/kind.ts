import { type ObjectMeta, type ObjectMetaInput, objectMeta } from '../meta/object-meta.ts'
import type { At } from '../validation/at.ts'
import { type Fields, type InFields, type Message, message, type OutFields, ref } from './types.ts'

/** What every object has. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
}

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** One column of `kubectl get`. */
export interface Column<T> {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly doc: string
  /** 0: always shown, more: with -o wide. */
  readonly priority: number
  /** `now` is in milliseconds since the epoch, for ages. */
  cell(object: T, now: number): string | number | boolean | null
}

/** Where a scalable kind keeps its numbers, as dotted paths below the object. */
export interface ScalePaths<T> {
  readonly specReplicas: string
  readonly statusReplicas: string
  /** The selector in its serialized form, for autoscalers. */
  selector(object: T): string
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

/** A method, so that a Kind of one type may stand where any Kind is asked for. */
interface FieldGetter<T> {
  get(object: T): string
}

/** Behaviour of a kind beyond its fields. Hooks get objects that they may change in place unless said otherwise. */
export interface KindBehaviour<T> {
  readonly singular?: string
  /** Kind of a list of these. Default: the kind with `List` behind it. */
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly verbs?: readonly Verb[]
  readonly doc?: string
  readonly subresources?: { readonly status?: boolean; readonly scale?: ScalePaths<T> }
  /** Checks metadata.name; answers with what is wrong. Default: a DNS subdomain. `prefix`: a generateName. */
  readonly nameFormat?: (name: string, prefix: boolean) => readonly string[]
  /** Defaults across fields, after those of the schema. */
  defaults?(object: T): void
  /** What the server sets or clears on create, before validation. */
  prepareForCreate?(object: T): void
  /** What the server keeps or sets on an update of the main resource; status is kept for kinds with a status subresource. */
  prepareForUpdate?(object: T, old: T): void
  /** What a write to the status keeps, in place of everything but metadata and status. */
  prepareForStatusUpdate?(object: T, old: T): void
  /** What the server adds when deletion is first asked for: finalizers that have to pass, conditions. */
  prepareForDelete?(object: T, now: number): void
  validate?(object: T, at: At): void
  /** Runs besides `validate` on creates. */
  validateCreate?(object: T, at: At): void
  /** Runs besides `validate` on updates of the main resource. */
  validateUpdate?(object: T, old: T, at: At): void
  validateStatusUpdate?(object: T, old: T, at: At): void
  /** Notes for the user (Warning header), on create and update. */
  warnings?(object: T, old?: T): readonly string[]
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, FieldGetter<T>['get']>>
  /** Columns besides Name, which comes first by itself. Default: Age. */
  readonly columns?: readonly Column<T>[]
  /** False: Name does not come first by itself; `columns` say where, if anywhere, it stands. */
  readonly nameColumn?: boolean
  /** PUT on a missing name creates it. */
  readonly createOnUpdate?: boolean
  /** Nothing is stored: POST answers with the filled-in object (review kinds). */
  readonly virtual?: boolean
  /** The version of this kind that lies in the store, where that is another one, and the ways there and back. */
  readonly storedAs?: {
    readonly kind: unknown
    /** `defaults: false`: without what the stored version has where this one says nothing. */
    toStored(object: KubeObject, options?: { readonly defaults: boolean }): KubeObject
    fromStored(object: KubeObject): KubeObject
    /** Both versions have the same fields. */
    readonly sameFields?: boolean
    /** Objects are checked as what they are stored as, by that version's rules, in place of this one's. */
    readonly rules?: 'stored'
  }
  /** Upstream has it off unless it is switched on (KEP-3136). Default: alpha and beta versions. */
  readonly offByDefault?: boolean
  /** What answers about an old version are sent with, and the release that upstream has it no more from, as 1.16. */
  readonly deprecated?: { readonly warning: string; readonly removedRelease?: string }
  /** metadata.generation counts changes outside metadata and status. Default: the kind has a spec. */
  readonly tracksGeneration?: boolean
  /** A custom resource: no protobuf, no strategic merge patch, and what it says of itself in OpenAPI. */
  readonly custom?: { openapi(version: 2 | 3): Record<string, unknown> }
}

export interface KindStatement<F extends Fields> extends KindBehaviour<ObjectOf<F>>, GroupVersionKind {
  readonly plural: string
  readonly scope: 'Namespaced' | 'Cluster'
  /** Full protobuf name; derived from group and version when left out: `k8s.io.api.apps.v1.ReplicaSet`. */
  readonly name?: string
  /** Fields besides metadata, which is number 1. */
  readonly fields: F
}

export type ObjectOf<F extends Fields> = { apiVersion: string; kind: string; metadata: ObjectMeta } & OutFields<F>
export type ObjectInputOf<F extends Fields> = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: ObjectMetaInput
} & InFields<F>

/** A kind: how its objects look, and how they behave. */
export interface Kind<T extends KubeObject = KubeObject, I = unknown> extends KindBehaviour<T>, GroupVersionKind {
  readonly plural: string
  readonly singular: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly apiVersion: string
  readonly message: Message<T, I>
  readonly verbs: readonly Verb[]
  readonly input?: I
}

/** The type of a kind's decoded objects. */
export type KindOf<K> = K extends Kind<infer T, infer _I> ? T : never
/** What a writer gives for a kind: defaulted fields may be left out. */
export type InputOf<K> = K extends Kind<infer _T, infer I> ? I : never

/** The name of a group as protobuf packages have it: the part before the first dot, `core` for the empty group. */
const packageOf = (group: string) => (group === '' ? 'core' : group.split('.')[0]!)

/** States a kind. */
export function kind<const F extends Fields>(statement: KindStatement<F>): Kind<ObjectOf<F>, ObjectInputOf<F>> {
  const { fields, name, ...rest } = statement
  const { group, version } = rest
  const messageName = name ?? `k8s.io.api.${packageOf(group)}.${version}.${rest.kind}`
  return {
    ...rest,
    singular: rest.singular ?? rest.kind.toLowerCase(),
    apiVersion: group === '' ? version : `${group}/${version}`,
    verbs: rest.verbs ?? ALL_VERBS,
    offByDefault: rest.offByDefault ?? /alpha|beta/.test(version),
    message: message(
      messageName,
      { metadata: ref(1, objectMeta).always(), ...fields },
      { doc: rest.doc },
    ) as unknown as Message<ObjectOf<F>, ObjectInputOf<F>>,
  }
}
