import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Facts } from './facts.ts'

/** Reads from the Go types what OpenAPI does not tell: what is a pointer, and what is written though it is empty. */

interface GoField {
  json: string
  type: string
  omit: boolean
  embedded: boolean
}

function readStructs(source: string): Map<string, GoField[]> {
  const structs = new Map<string, GoField[]>()
  for (const [, name, body] of source.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)) {
    const fields: GoField[] = []
    for (const [, type, tags] of body!.matchAll(/^\s*(?:\w+[ \t]+)?([\w.*[\]]+)[ \t]+`(.*)`/gm)) {
      const tag = /json:"([^"]*)"/.exec(tags!)?.[1]
      if (tag === undefined) continue
      const [json, ...options] = tag.split(',') as [string, ...string[]]
      const omit = options.includes('omitempty') || options.includes('omitzero')
      fields.push({ json, type: type!, omit, embedded: options.includes('inline') })
    }
    structs.set(name!, fields)
  }
  return structs
}

/** The fields of a struct, with those of the structs that it embeds. */
function flatten(structs: Map<string, GoField[]>, name: string): GoField[] {
  return (structs.get(name) ?? []).flatMap(field =>
    field.embedded ? flatten(structs, field.type.replace(/^.*\./, '')) : [field],
  )
}

const SCALAR_STRUCT = /^(Quantity|IntOrString|Time|MicroTime)$/
/** A struct in Go: it is never empty to Go's encoder. */
const isStruct = (type: string) => SCALAR_STRUCT.test(type) || /^[a-z]\w*\.v\d\w*\.\w+$/.test(type)

/** Groups whose types are in modules of their own. */
const ELSEWHERE: Record<string, string> = {
  meta: 'apimachinery/pkg/apis/meta',
  apiextensions: 'apiextensions-apiserver/pkg/apis/apiextensions',
  apiregistration: 'kube-aggregator/pkg/apis/apiregistration',
}

/** Adds `pointer` and `always` to facts. `folder` holds the unpacked modules `api` and `apimachinery`. */
export function addPresence(facts: Facts, folder: string): void {
  const structs = new Map<string, Map<string, GoField[]>>()
  for (const [name, { fields }] of Object.entries(facts)) {
    const [group, version, message] = name.split('.') as [string, string, string]
    const path = `${folder}/${ELSEWHERE[group!] ?? `api/${group}`}/${version}`
    if (!structs.has(path)) structs.set(path, readPackage(path))
    for (const { json, type, omit } of flatten(structs.get(path)!, message)) {
      const field = fields[json]
      if (!field) continue
      const pointer = type.startsWith('*')
      if (pointer) field.pointer = SCALAR_STRUCT.test(field.type) || !isStruct(field.type)
      else field.always = !omit || isStruct(field.type)
    }
  }
}

/** The structs of a package, with those that it has from its group's v1 under the same name. */
function readPackage(path: string): Map<string, GoField[]> {
  if (!existsSync(path)) return new Map()
  const source = sourcesIn(path)
  const stable = path.replace(/[^/]+$/, 'v1')
  const borrowed = path === stable ? [] : [...source.matchAll(/^type (\w+) (?:= )?v1\.\1$/gm)].map(([, name]) => name!)
  const from = borrowed.length > 0 ? readPackage(stable) : new Map<string, GoField[]>()
  return new Map([...borrowed.map(name => [name, from.get(name) ?? []] as const), ...readStructs(source)])
}

const sourcesIn = (path: string) =>
  readdirSync(path)
    .filter(file => /(types.*|group_version)\.go$/.test(file) && !/swagger|_test/.test(file))
    .map(file => readFileSync(`${path}/${file}`, 'utf8'))
    .join('\n')
