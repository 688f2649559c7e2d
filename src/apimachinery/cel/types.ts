/** The types of CEL, as the checker sees them. */
export type CelType =
  | { readonly kind: 'simple'; readonly name: SimpleName }
  | { readonly kind: 'list'; readonly item: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType }
  | { readonly kind: 'optional'; readonly of: CelType }
  | { readonly kind: 'type'; readonly of: CelType }
  | ObjectType
  | { readonly kind: 'opaque'; readonly name: string }
  | { readonly kind: 'param'; readonly name: string }

export type SimpleName =
  | 'null'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'google.protobuf.Timestamp'
  | 'google.protobuf.Duration'
  | 'dyn'

/** A type with named fields. Names are those that expressions use, which may be escaped. */
export interface ObjectType {
  readonly kind: 'object'
  readonly name: string
  readonly fields: ReadonlyMap<string, CelType>
}

const simple = (name: SimpleName): CelType => ({ kind: 'simple', name })
export const NULL = simple('null')
export const BOOL = simple('bool')
export const INT = simple('int')
export const UINT = simple('uint')
export const DOUBLE = simple('double')
export const STRING = simple('string')
export const BYTES = simple('bytes')
export const TIMESTAMP = simple('google.protobuf.Timestamp')
export const DURATION = simple('google.protobuf.Duration')
export const DYN = simple('dyn')

export const listOf = (item: CelType): CelType => ({ kind: 'list', item })
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value })
export const optionalOf = (of: CelType): CelType => ({ kind: 'optional', of })
export const typeOfType = (of: CelType): CelType => ({ kind: 'type', of })
export const opaque = (name: string): CelType => ({ kind: 'opaque', name })

export const isDyn = (type: CelType): boolean => type.kind === 'simple' && type.name === 'dyn'

/** A type as error messages show it. */
export function showType(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${showType(type.item)})`
    case 'map':
      return `map(${showType(type.key)}, ${showType(type.value)})`
    case 'optional':
      return `optional_type(${showType(type.of)})`
    case 'type':
      return `type(${showType(type.of)})`
    default:
      return type.name
  }
}

export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true
  if (a.kind !== b.kind) return false
  switch (a.kind) {
    case 'list':
      return sameType(a.item, (b as typeof a).item)
    case 'map':
      return sameType(a.key, (b as typeof a).key) && sameType(a.value, (b as typeof a).value)
    case 'optional':
    case 'type':
      return sameType(a.of, (b as typeof a).of)
    default:
      return a.name === (b as typeof a).name
  }
}

const NAMED: Readonly<Record<string, CelType>> = {
  null: NULL,
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
  timestamp: TIMESTAMP,
  duration: DURATION,
  dyn: DYN,
  list: listOf(DYN),
  map: mapOf(DYN, DYN),
  type: typeOfType(DYN),
}

/** Type names that are values in expressions: `type(1) == int`. */
export const TYPE_NAMES: ReadonlyMap<string, CelType> = new Map([
  ...Object.entries(NAMED).filter(([name]) => !['null', 'timestamp', 'duration', 'dyn'].includes(name)),
  ['null_type', NULL],
  ['google.protobuf.Timestamp', TIMESTAMP],
  ['google.protobuf.Duration', DURATION],
  ['optional_type', optionalOf(DYN)],
])

/** Reads a type as library declarations write it: `list<A>`, `map<string, dyn>`, `optional<int>`, `net.IP`; single letters are parameters. */
export function readType(text: string): CelType {
  const open = text.indexOf('<')
  if (open < 0) {
    if (/^[A-Z]$/.test(text)) return { kind: 'param', name: text }
    return NAMED[text] ?? opaque(text)
  }
  const inner = splitTypes(text.slice(open + 1, -1)).map(readType)
  const outer = text.slice(0, open)
  if (outer === 'list') return listOf(inner[0]!)
  if (outer === 'map') return mapOf(inner[0]!, inner[1]!)
  return outer === 'type' ? typeOfType(inner[0]!) : optionalOf(inner[0]!)
}

/** The types of a list of them, at its commas. */
export function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const c = text[i]
    if (c === '<') depth++
    else if (c === '>') depth--
    else if ((c === ',' && depth === 0) || c === undefined) {
      const part = text.slice(start, i).trim()
      if (part) parts.push(part)
      start = i + 1
    }
  }
  return parts
}
