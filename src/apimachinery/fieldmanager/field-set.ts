import type { Json } from '../schema/types.ts'

const NO_CHILDREN: ReadonlyMap<string, FieldSet> = new Map()

/**
 * A set of fields of an object, as a tree whose edges are path elements in FieldsV1's spelling: `f:name` a field,
 * `k:{"name":"web"}` a list item by key, `v:"x"` an item of a set (structured-merge-diff fieldpath.Set). Sets share their
 * subtrees: once built, none is changed any more.
 */
export class FieldSet {
  /** The path that leads here is itself in the set. */
  member = false
  #children: Map<string, FieldSet> | undefined

  get children(): ReadonlyMap<string, FieldSet> {
    return this.#children ?? NO_CHILDREN
  }

  get empty(): boolean {
    return !this.member && !this.#children
  }

  /** Adds a subtree under an element, unless there is nothing in it. Only while the set is being built. */
  attach(element: string, child: FieldSet): void {
    if (child.empty) return
    this.#children ??= new Map()
    this.#children.set(element, child)
  }

  union(other: FieldSet): FieldSet {
    if (other.empty) return this
    if (this.empty) return other
    const out = new FieldSet()
    out.member = this.member || other.member
    for (const [element, child] of this.children) {
      const twin = other.children.get(element)
      out.attach(element, twin ? child.union(twin) : child)
    }
    for (const [element, child] of other.children) if (!this.children.has(element)) out.attach(element, child)
    return out
  }

  intersection(other: FieldSet): FieldSet {
    const out = new FieldSet()
    out.member = this.member && other.member
    for (const [element, child] of this.children) {
      const twin = other.children.get(element)
      if (twin) out.attach(element, child.intersection(twin))
    }
    return out
  }

  difference(other: FieldSet): FieldSet {
    if (other.empty) return this
    const out = new FieldSet()
    out.member = this.member && !other.member
    for (const [element, child] of this.children) {
      const twin = other.children.get(element)
      out.attach(element, twin ? child.difference(twin) : child)
    }
    return out
  }

  /** Without the members of `other` and everything below them; the set itself where that takes nothing away. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (!this.#meets(other)) return this
    const out = new FieldSet()
    out.member = this.member && !other.member
    for (const [element, child] of this.children) {
      const twin = other.children.get(element)
      if (!twin) out.attach(element, child)
      else if (!twin.member) out.attach(element, child.recursiveDifference(twin))
    }
    return out
  }

  /** Whether taking `other` away recursively would leave anything out. */
  #meets(other: FieldSet): boolean {
    if (this.member && other.member) return true
    if (!this.#children) return false
    for (const [element, twin] of other.children) {
      const child = this.#children.get(element)
      if (child && (twin.member || child.#meets(twin))) return true
    }
    return false
  }

  /**
   * The members that nobody in `kept` owns. A field is also kept by whoever owns something in it; a list's item is not
   * (structured-merge-diff EnsureNamedFieldsAreMembers).
   */
  orphans(kept: FieldSet | undefined, element = 'f:'): FieldSet {
    const out = new FieldSet()
    const owned = kept && (kept.member || (element.startsWith('f:') && !kept.empty))
    out.member = this.member && !owned
    for (const [name, child] of this.children) out.attach(name, child.orphans(kept?.children.get(name), name))
    return out
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true
    if (this.member !== other.member || this.children.size !== other.children.size) return false
    for (const [element, child] of this.children) {
      const twin = other.children.get(element)
      if (!twin || !child.equals(twin)) return false
    }
    return true
  }

  /** The members' paths as error messages show them: `.spec.containers[name="web"].image`. */
  *paths(prefix = ''): Iterable<string> {
    if (this.member) yield prefix
    for (const [element, child] of this.children) yield* child.paths(prefix + showElement(element))
  }

  /** FieldsV1 JSON. */
  toJson(): { [key: string]: Json } {
    const out: { [key: string]: Json } = {}
    if (!this.#children) return out
    if (this.member) out['.'] = {}
    const elements = [...this.#children.keys()]
    if (elements.length > 1) elements.sort()
    for (const element of elements) out[element] = this.#children.get(element)!.toJson()
    return out
  }

  static fromJson(json: unknown): FieldSet {
    return parse(json, true)
  }
}

/** A set of nothing but where it hangs. */
const MEMBER = new FieldSet()
MEMBER.member = true
/** What a leaf's value, or an item of a set, adds where it is attached. */
export const memberSet = (): FieldSet => MEMBER

function parse(json: unknown, root = false): FieldSet {
  const set = new FieldSet()
  const entries = typeof json === 'object' && json !== null ? Object.entries(json) : []
  for (const [element, child] of entries) {
    if (element === '.') set.member = true
    else set.attach(element, parse(child))
  }
  if (set.children.size > 0 || root) return set
  return MEMBER
}

/** A path element as error messages show it. */
export function showElement(element: string): string {
  const body = element.slice(2)
  if (element.startsWith('f:')) return `.${body}`
  if (element.startsWith('k:')) {
    const keys = Object.entries(JSON.parse(body) as Record<string, Json>)
    return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
  }
  return element.startsWith('v:') ? `[=${body}]` : `[${body}]`
}
