import { StatusError } from '../errors.ts'
import type { Kind, KubeObject } from '../schema/kind.ts'
import { isList, isMap, isMessage, type Message, type Type } from '../schema/types.ts'
import { showElement } from './field-set.ts'
import { keyElement, type Shape, shapeOfField, shapeOfType, valueElement } from './typed.ts'

type Report = (path: string, problem: string) => void

/**
 * Checks that a configuration fits its schema: server-side apply knows no field that the schema does not, and no two items
 * of the same identity. Throws what upstream's typed conversion answers with.
 */
export function checkApplied({ message, group, version, kind }: Kind, config: KubeObject): void {
  const problems: string[] = []
  const { apiVersion: _, kind: __, ...fields } = config
  check(message, fields, '', (path, problem) => problems.push(`${path}: ${problem}`))
  if (problems.length === 0) return
  const { namespace, name } = config.metadata
  const what = `${namespace ?? ''}/${name}; ${group ? `${group}/` : '/'}${version}, Kind=${kind}`
  const why = problems.length === 1 ? problems[0] : `errors:\n${problems.map(p => `  ${p}`).join('\n')}`
  throw new StatusError(500, '', `failed to create typed patch object (${what}): ${why}`)
}

function check(type: Type, value: unknown, path: string, report: Report): void {
  if (value === null || value === undefined) return
  if (isMessage(type)) checkMessage(type, value, path, report)
  else if (isMap(type)) {
    if (!isObject(value)) report(path, `expected map, got ${show(value)}`)
    else for (const [key, item] of Object.entries(value)) check(type.value, item, `${path}.${key}`, report)
  } else if (isList(type)) {
    if (!Array.isArray(value)) report(path, `expected list, got ${show(value)}`)
    else checkItems(shapeOfType(type), type.item, value, path, report)
  } else checkScalar(type, value, path, report)
}

function checkMessage(type: Message, value: unknown, path: string, report: Report): void {
  if (type.facts.union) return
  if (!isObject(value)) {
    report(path, `expected map, got ${show(value)}`)
    return
  }
  for (const [name, item] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined
    const place = `${path}.${name}`
    if (!field && !type.facts.rest) report(place, 'field not declared in schema')
    else if (field && isList(field.type) && Array.isArray(item))
      checkItems(shapeOfField(field), field.type.item, item, place, report)
    else check(field?.type ?? type.facts.rest!, item, place, report)
  }
}

/** Items of keyed lists and sets are named by their identity, which must be unique. */
function checkItems(shape: Shape, type: Type, items: unknown[], path: string, report: Report): void {
  const seen = new Set<string>()
  items.forEach((item, i) => {
    let place = `${path}[${i}]`
    if (shape.kind === 'map-list' || shape.kind === 'set-list') {
      const element = shape.kind === 'map-list' ? keyElement(shape, item) : valueElement(item)
      place = path + showElement(element)
      if (seen.has(element)) report(path, `duplicate entries for key ${showElement(element)}`)
      seen.add(element)
    }
    check(type, item, place, report)
  })
}

function checkScalar({ kind }: Type, value: unknown, path: string, report: Report): void {
  const is = typeof value
  if (kind === 'any' || kind === 'quantity' || kind === 'intOrString') return
  if (kind === 'bool') {
    if (is !== 'boolean') report(path, `expected boolean, got ${show(value)}`)
  } else if (kind === 'int32' || kind === 'int64' || kind === 'double') {
    if (is !== 'number') report(path, `expected numeric (int or float), got ${show(value)}`)
  } else if (is !== 'string') report(path, `expected string, got ${show(value)}`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const show = (value: unknown) => `&value.valueUnstructured{Value:${JSON.stringify(value)}}`
