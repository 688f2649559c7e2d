import type { CustomResourceColumnDefinition } from '../../api/apiextensions/index.ts'
import { humanDuration } from '../../apimachinery/duration.ts'
import { compileJsonPath, type JsonPath } from '../../apimachinery/json-path.ts'
import type { Column, KubeObject } from '../../apimachinery/schema/kind.ts'

type Cell = string | number | boolean | null

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since the object was created.',
}

/** Columns as a definition states them; without any, how old objects are (upstream's customresource/tableconvertor). */
export function customColumns(definitions: readonly CustomResourceColumnDefinition[] = []): Column<KubeObject>[] {
  const stated = definitions.length > 0 ? definitions : [AGE]
  const paths = stated.map(({ jsonPath }) => compiled(jsonPath))
  // One that cannot be read leaves it and those behind it out.
  const usable = paths.includes(undefined) ? stated.slice(0, paths.indexOf(undefined)) : stated
  return usable.map(({ name, type, format, description, jsonPath, priority = 0 }, i) => ({
    name,
    type: type as Column<KubeObject>['type'],
    format,
    doc: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
    cell: (object, now) => cellOf(type, paths[i]!.find(object)[0], now),
  }))
}

function compiled(path: string): JsonPath | undefined {
  try {
    return compileJsonPath(path)
  } catch {
    return undefined
  }
}

function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === undefined || value === null) return null
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? since(value, now) : null
    default:
      return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
}

function since(text: string, now: number): string {
  const time = Date.parse(text)
  return Number.isNaN(time) ? '<invalid>' : humanDuration(now - time)
}
