import { isList, isMap, isMessage, type Json, type ScalarKind, type Type } from './types.ts'

/** Checks a scalar and brings it to canonical form; undefined when its JSON type is wrong. Throws Error when its text is. */
export function decodeScalar(kind: ScalarKind, value: Json): Json | undefined {
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? value : undefined
    case 'bool':
      return typeof value === 'boolean' ? value : undefined
    case 'int32':
      return Number.isInteger(value) && value === ((value as number) | 0) ? value : undefined
    case 'int64':
      return Number.isInteger(value) ? value : undefined
    case 'double':
      return typeof value === 'number' ? value : undefined
    case 'bytes':
      return typeof value === 'string' ? checkBase64(value) : undefined
    case 'intOrString':
      return typeof value === 'string' || Number.isInteger(value) ? value : undefined
    case 'time':
      return typeof value === 'string' ? canonicalTime(value, false) : undefined
    case 'microTime':
      return typeof value === 'string' ? canonicalTime(value, true) : undefined
    case 'duration':
      return typeof value === 'string' ? value : undefined
    default:
      return value
  }
}

/** Whether Go's omitempty would leave the value out. */
export function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false || value === null || value === undefined) return true
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function checkBase64(text: string): string {
  const clean = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text
  if (BASE64.test(clean)) return clean
  const bad = clean.search(/[^A-Za-z0-9+/]/)
  throw new Error(`illegal base64 data at input byte ${bad < 0 ? clean.length - (clean.length % 4) : bad}`)
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

function canonicalTime(text: string, micro: boolean): string {
  const match = RFC3339.exec(text)
  const ms = match ? Date.parse(text) : Number.NaN
  if (!match || Number.isNaN(ms)) {
    const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00'
    throw new Error(
      `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(text)} as "2006"`,
    )
  }
  const seconds = new Date(ms).toISOString().slice(0, 19)
  if (!micro) return `${seconds}Z`
  const fraction = (match[1] ?? '.').slice(1, 7).padEnd(6, '0')
  return `${seconds}.${fraction}Z`
}

const GO_SCALARS: Partial<Record<ScalarKind, string>> = {
  double: 'float64',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  time: 'string',
  microTime: 'string',
  duration: 'string',
  any: 'interface {}',
}

/** The Go type that upstream's error texts name. */
export function goTypeName(type: Type): string {
  if (isList(type)) return `[]${goTypeName(type.item)}`
  if (isMap(type)) return `map[string]${goTypeName(type.value)}`
  if (isMessage(type)) return type.name.split('.').slice(-2).join('.')
  return GO_SCALARS[type.kind as ScalarKind] ?? type.kind
}
