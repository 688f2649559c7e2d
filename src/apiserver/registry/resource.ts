import { setMaxListeners } from 'node:events'
import type { Clock } from '../../apimachinery/clock.ts'
import { badRequest, forbidden, type StatusError } from '../../apimachinery/errors.ts'
import { isReset } from '../../apimachinery/fieldmanager/managers.ts'
import { Versions } from '../../apimachinery/fieldmanager/versions.ts'
import { deepCopy } from '../../apimachinery/json.ts'
import type { Random } from '../../apimachinery/random.ts'
import { DecodeError, decode } from '../../apimachinery/schema/decode.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Store } from '../../storage/store.ts'
import type { AdmissionChain } from '../admission/admission.ts'
import { Cacher } from '../cacher/cacher.ts'
import type { Entry } from '../cacher/entry.ts'
import { type CacheFeed, REGISTRY } from '../cacher/feed.ts'
import type { RequestContext } from '../request.ts'
import type { ComputedObjects } from './computed.ts'

/** What upstream calls the table of all kinds. */
const SCHEME = 'pkg/api/legacyscheme/scheme.go:30'

/** What all resources of a server share. */
export interface RegistryDeps {
  readonly store: Store
  readonly feed: CacheFeed
  readonly clock: Clock
  readonly random: Random
  readonly admission: AdmissionChain
  /** All built-in kinds, in all versions. */
  readonly kinds: readonly Kind[]
  /** Whether a stored value would be encrypted otherwise today. */
  readonly isStale?: (stored: Uint8Array) => boolean
}

/**
 * Conversion between a served version and the one that is stored, for kinds that have several.
 */
export interface Conversion {
  readonly stored: Kind
  toStored(object: KubeObject): KubeObject | Promise<KubeObject>
  fromStored(object: KubeObject): KubeObject
  /** For conversions that take their time: of these objects, all at once. Rejects with StatusError. */
  fetch?(objects: readonly KubeObject[]): Promise<readonly KubeObject[]>
  /** Whether `fromStored` cannot answer for an object that has not been fetched. */
  mustFetch?(object: KubeObject): boolean
}

/**
 * One served resource: a kind, the cache it reads from, and, when it is another version of a stored kind, how to convert.
 * The operations stand in files of their own beside this one.
 */
export class Resource<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>
  readonly cacher: Cacher<T>
  readonly deps: RegistryDeps
  readonly conversion: Conversion | undefined
  /** For kinds whose objects lie nowhere: who makes them. */
  readonly computed: ComputedObjects<T> | undefined
  readonly #gone = new AbortController()
  #versions: Versions | undefined | null = null

  constructor(
    kind: Kind<T>,
    deps: RegistryDeps,
    sharing?: { cacher: Cacher<T>; conversion: Conversion },
    computed?: ComputedObjects<T>,
  ) {
    this.kind = kind
    this.deps = deps
    // Every open watch listens.
    setMaxListeners(0, this.#gone.signal)
    this.conversion = sharing?.conversion
    this.computed = computed
    this.cacher = sharing?.cacher ?? new Cacher<T>(prefixOf(kind))
    if (!sharing && !computed) deps.feed.add(this.cacher as unknown as Cacher)
  }

  /** The kind that lies in the store. */
  get storedKind(): Kind<T> {
    return (this.conversion?.stored as unknown as Kind<T>) ?? this.kind
  }

  /** The versions of the kind, where they differ so much that owners of fields have to be converted. */
  get versions(): Versions | undefined {
    if (this.#versions === null) {
      const kind = this.kind as unknown as Kind
      this.#versions = kind.custom ? undefined : Versions.of(kind, this.deps.kinds)
    }
    return this.#versions
  }

  /** An object in the form that its rules are about, and the kind whose rules those are. */
  ruled(object: T): { kind: Kind<T>; object: T } {
    const { storedAs } = this.kind
    if (storedAs?.rules !== 'stored') return { kind: this.kind, object }
    return { kind: this.storedKind, object: storedAs.toStored(object) as T }
  }

  /** `namespace/name`, or the name alone for cluster-wide kinds. */
  key(namespace: string, name: string): string {
    return this.kind.scope === 'Namespaced' ? `${namespace}/${name}` : name
  }

  /** Aborted when the resource is no longer served; ends its watches. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }
  /** Ends the watches of what is no longer served. */
  end(): void {
    this.#gone.abort()
  }

  /** Sees to it that `objectOf` and `bytesOf` can answer for these entries. Rejects with StatusError. */
  async ready(entries: readonly (Entry<T> | undefined)[]): Promise<void> {
    const { conversion } = this
    if (!conversion?.fetch) return
    const waiting = entries.filter(
      (entry): entry is Entry<T> =>
        entry !== undefined && !entry.hasView(this.kind) && conversion.mustFetch!(entry.object),
    )
    if (waiting.length === 0) return
    const fetched = await conversion.fetch(waiting.map(entry => entry.object))
    waiting.forEach((entry, i) => void entry.view(this.kind, () => fetched[i]!))
  }

  /** An entry's object as this resource serves it. */
  objectOf(entry: Entry<T>): T {
    const { conversion } = this
    return conversion ? (entry.view(this.kind, o => conversion.fromStored(o)) as T) : entry.object
  }

  bytesOf(entry: Entry<T>): Buffer {
    const { conversion } = this
    return conversion ? entry.viewBytes(this.kind, o => conversion.fromStored(o)) : entry.bytes
  }

  /**
   * Checks and completes a body: its apiVersion and kind, unknown fields by the request's wish, defaults. `misfit` words the
   * error for fields of a wrong type, and for unknown and duplicate ones; by default a 400.
   */
  decode(
    body: unknown,
    context: RequestContext,
    duplicates: readonly string[] = [],
    misfit: (why: string) => StatusError = why => badRequest(`${this.#cannotHandle}: ${why}`),
  ): T {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw badRequest(`the object provided is unrecognized (must be of type ${this.kind.kind})`)
    }
    const given = body as Partial<KubeObject>
    this.#mustBeRegistered(given)
    if (given.kind && given.kind !== this.kind.kind) {
      throw badRequest(
        `${given.kind} in version ${JSON.stringify(given.apiVersion ?? this.kind.version)} cannot be handled as a ${this.kind.kind}: converting (${given.kind}) to (${this.kind.kind}): unknown conversion`,
      )
    }
    if (given.apiVersion && given.apiVersion !== this.kind.apiVersion) {
      throw badRequest(
        `the API version in the data (${given.apiVersion}) does not match the expected API version (${this.kind.apiVersion})`,
      )
    }
    const object = this.#decodeFields(body, context, duplicates, misfit)
    this.kind.defaults?.(object)
    // An empty list means something here, though it is left out everywhere else.
    if (isReset(given.metadata?.managedFields)) object.metadata.managedFields = []
    return object
  }

  /** Custom resources aside, whose kinds no list knows. */
  #mustBeRegistered({ kind, apiVersion = '' }: Partial<KubeObject>): void {
    const own = this.kind
    if (own.custom || !apiVersion || apiVersion === own.apiVersion) return
    const wanted = kind || own.kind
    if (this.deps.kinds.some(known => known.kind === wanted && known.apiVersion === apiVersion)) return
    const version = JSON.stringify(apiVersion.split('/').at(-1))
    throw badRequest(
      `${wanted} in version ${version} cannot be handled as a ${own.kind}: no kind ${JSON.stringify(wanted)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${JSON.stringify(SCHEME)}`,
    )
  }

  get #cannotHandle(): string {
    const { kind, version } = this.kind
    return `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`
  }

  #decodeFields(
    body: object,
    context: RequestContext,
    duplicates: readonly string[],
    misfit: (why: string) => StatusError,
  ): T {
    const problems = duplicates.map(path => `duplicate field "${path}"`)
    const { apiVersion: _, kind: __, ...fields } = body as KubeObject
    const onUnknown = (path: string) => problems.push(`unknown field "${path}"`)
    const options = { defaults: true, ...(context.fieldValidation !== 'Ignore' && { onUnknown }) }
    let decoded: T
    try {
      decoded = decode(this.kind.message, fields, options)
    } catch (error) {
      if (error instanceof DecodeError) throw misfit(error.message)
      throw error
    }
    if (problems.length > 0 && context.fieldValidation === 'Strict') {
      throw misfit(`strict decoding error: ${problems.join(', ')}`)
    }
    if (context.fieldValidation === 'Warn') for (const problem of problems) context.warn(problem)
    return { ...decoded, apiVersion: this.kind.apiVersion, kind: this.kind.kind }
  }

  /** A frozen object as a fresh, changeable one. */
  thaw(object: T): T {
    return deepCopy(object)
  }

  /** Errors for a request about a namespaced object. */
  refuse(name: string, why: string): Error {
    return forbidden(this.kind, name, why)
  }
}

/** Where a kind's objects lie in the store. */
export function prefixOf(kind: Pick<Kind, 'custom' | 'group' | 'plural'>): string {
  return kind.custom ? `${REGISTRY}${kind.group}/${kind.plural}/` : `${REGISTRY}${kind.plural}/`
}
