import type { Json } from '../schema/types.ts'

/**
 * A set of fields of an object, as a tree whose edges are path elements in FieldsV1's spelling: `f:name` a field,
 * `k:{"name":"web"}` a list item by key, `v:"x"` an item of a set (structured-merge-diff fieldpath.Set).
 */
export class FieldSet {
  /** The path that leads here is itself in the set. */
  member = false
  readonly children = new Map<string, FieldSet>()

  get empty(): boolean {
    return !this.member && this.children.size === 0
  }

  child(element: string): FieldSet {
    let child = this.children.get(element)
    if (!child) {
      child = new FieldSet()
      this.children.set(element, child)
    }
    return child
  }

  /** Adds a subtree under an element, unless there is nothing in it. */
  attach(element: string, child: FieldSet): void {
    if (!child.empty) this.children.set(element, child)
  }

  union(other: FieldSet): FieldSet {
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
    const out = new FieldSet()
    out.member = this.member && !other.member
    for (const [element, child] of this.children) {
      const twin = other.children.get(element)
      out.attach(element, twin ? child.difference(twin) : child)
    }
    return out
  }

  /** Without the members of `other` and everything below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    const out = new FieldSet()
    out.member = this.member && !other.member
    for (const [element, child] of this.children) {
      const twin = other.children.get(element)
      if (!twin) out.attach(element, child)
      else if (!twin.member) out.attach(element, child.recursiveDifference(twin))
    }
    return out
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

  /** Whether taking `other` away recursively would leave anything out. */
  meets(other: FieldSet): boolean {
    if (this.member && other.member) return true
    for (const [element, twin] of other.children) {
      const child = this.children.get(element)
      if (child && (twin.member || child.meets(twin))) return true
    }
    return false
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
    if (this.member && this.children.size > 0) out['.'] = {}
    for (const element of [...this.children.keys()].sort()) out[element] = this.children.get(element)!.toJson()
    return out
  }

  static fromJson(json: unknown): FieldSet {
    return parse(json, true)
  }
}

function parse(json: unknown, root = false): FieldSet {
  const set = new FieldSet()
  const entries = typeof json === 'object' && json !== null ? Object.entries(json) : []
  for (const [element, child] of entries) {
    if (element === '.') set.member = true
    else set.children.set(element, parse(child))
  }
  if (set.children.size === 0 && !root) set.member = true
  return set
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
