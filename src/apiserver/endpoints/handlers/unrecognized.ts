import { badRequest } from '../../../apimachinery/errors.ts'

/** Bytes of a body that an error shows. */
const SHOWN = 30
/** What upstream reads apiVersion and kind into. */
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** A body that does not say what it is (apiserver handlers transformDecodeError). */
export const unrecognized = (kind: string, why: string, body: Buffer) =>
  badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`)

/** JSON objects as text, anything else in hexadecimal. */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const text = body.subarray(0, SHOWN).toString(body[0] === 0x7b ? 'utf8' : 'hex')
  return body.length > SHOWN ? `${text} ...` : text
}

/** Throws Error where a parsed body has no place for apiVersion and kind. Null counts as an empty object. */
export function checkTypeMeta(value: unknown): void {
  if (value === null) return
  if (typeof value !== 'object' || Array.isArray(value))
    throw unreadable(`json: cannot unmarshal ${typeName(value)} into Go value of type ${TYPE_META}`)
  for (const field of ['apiVersion', 'kind'] as const) {
    const given = (value as Record<string, unknown>)[field] ?? ''
    if (typeof given !== 'string')
      throw unreadable(`json: cannot unmarshal ${typeName(given)} into Go struct field .${field} of type string`)
    if (field === 'apiVersion' && given.split('/').length > 2)
      throw new Error(`unexpected GroupVersion string: ${given}`)
  }
}

/** What could not be read as JSON. */
export const unreadable = (why: string) => new Error(`couldn't get version/kind; json parse error: ${why}`)

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
