import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, propertyOf } from '../schema/structural.ts'

/** A path of fields and keys that a schema knows, spelled as validation errors spell it, and the schema there. */
export interface FieldPath {
  readonly path: string
  readonly schema: JSONSchemaProps
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}
const TOKEN = /[.[\]]|'(?:[^'\\]|\\.)*'|[^.[\]]+/gsu

/**
 * Reads a path such as `.spec.labels['app']`. `keys`: places in brackets are allowed. Throws Error in upstream's words for
 * what is none, or leads nowhere (apiextensions schema/cel, ValidFieldPath).
 */
export function parseFieldPath(text: string, root: JSONSchemaProps, keys = true): FieldPath {
  const tokens = text.match(TOKEN) ?? []
  let at = 0
  const next = () => {
    const token = tokens[at++]
    if (token === undefined) throw new Error('unexpected end of JSON path')
    return token
  }
  let found: FieldPath = { path: '', schema: root }
  while (at < tokens.length) {
    const token = next()
    if (token === '.') found = step(found, next())
    else if (token === '[') {
      if (!keys) throw new Error('array notation is not allowed')
      found = step(found, quoted(next()))
      const end = next()
      if (end !== ']') throw new Error(`expected ] but got ${end}`)
    } else throw new Error(`expected [ or . but got: ${token}`)
  }
  return found
}

function quoted(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    throw new Error(`expected single quoted string but got ${token}`)
  }
  return token.slice(1, -1).replace(/\\./gs, found => {
    const char = ESCAPES[found[1]!]
    if (char === undefined) throw new Error(`invalid string literal: invalid escape char ${found}`)
    return char
  })
}

function step({ path, schema }: FieldPath, name: string): FieldPath {
  const additional = additionalOf(schema)
  if (schema.properties) {
    const property = propertyOf(schema, name)
    if (!property) throw new Error('does not refer to a valid field')
    return { path: path ? `${path}.${name}` : name, schema: property }
  }
  if (!additional) throw new Error('does not refer to a valid field')
  return { path: `${path}[${name}]`, schema: additional }
}
