import { deepEqual } from '../../apimachinery/json.ts'

type Json = Record<string, unknown>

/** An OpenAPI v2 document, as far as merging looks at it. */
export interface Spec {
  readonly paths: Json
  readonly definitions: Json
}

const REF = '#/definitions/'
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** Calls `visit` with every definition that a part of a document refers to. */
function eachRef(value: unknown, visit: (name: string) => void): void {
  if (Array.isArray(value)) for (const item of value) eachRef(item, visit)
  else if (isObject(value)) {
    const { $ref } = value
    if (typeof $ref === 'string' && $ref.startsWith(REF)) visit($ref.slice(REF.length))
    for (const field of Object.values(value)) eachRef(field, visit)
  }
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(item => renamed(item, names))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = key === '$ref' && typeof field === 'string' ? names.get(field.slice(REF.length)) : undefined
      return [key, name === undefined ? renamed(field, names) : REF + name]
    }),
  )
}

/** The definitions that these paths need, those that definitions need included. */
function used(paths: Json, definitions: Json): Json {
  const out: Json = {}
  const take = (name: string) => {
    if (Object.hasOwn(out, name) || !Object.hasOwn(definitions, name)) return
    out[name] = definitions[name]
    eachRef(definitions[name], take)
  }
  eachRef(paths, take)
  return out
}

/**
 * Adds the paths of another document below `prefix` to a document, with the definitions that they need. A definition that is
 * another one under the same name is renamed (upstream kube-openapi aggregator). Neither document is changed.
 */
export function mergeSpec<T extends Spec>(into: T, other: Partial<Spec>, prefix: string): T {
  const below = ([path]: [string, unknown]) => path === prefix || path.startsWith(`${prefix}/`)
  const paths = Object.fromEntries(Object.entries(other.paths ?? {}).filter(below))
  const definitions = used(paths, other.definitions ?? {})
  const names = new Map<string, string>()
  for (const [name, definition] of Object.entries(definitions)) {
    if (!Object.hasOwn(into.definitions, name) || deepEqual(into.definitions[name], definition)) continue
    let i = 2
    while (Object.hasOwn(into.definitions, `${name}_v${i}`) || Object.hasOwn(definitions, `${name}_v${i}`)) i++
    names.set(name, `${name}_v${i}`)
  }
  const added = Object.entries(definitions).map(([name, definition]) => [
    names.get(name) ?? name,
    renamed(definition, names),
  ])
  return {
    ...into,
    paths: { ...into.paths, ...(renamed(paths, names) as Json) },
    definitions: { ...into.definitions, ...Object.fromEntries(added) },
  }
}
