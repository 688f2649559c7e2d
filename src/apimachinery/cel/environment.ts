import type { Functions } from './functions.ts'
import type { Shape } from './schema-value.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  type ObjectType,
  opaque,
  optionalOf,
  STRING,
  TIMESTAMP,
} from './types.ts'

/** A name that expressions can use, by its type, or by the shape of the JSON that will stand there. */
export type Variable = { readonly type: CelType } | { readonly shape: Shape }

/** What expressions can name. */
export interface Environment {
  readonly variables: Readonly<Record<string, Variable>>
  readonly functions: Functions
  /** Whether expressions can give names to values: `cel.bind`. */
  readonly bindings?: boolean
  /** Types that expressions can make objects of: `Object{spec: ...}`. */
  readonly objects?: ReadonlyMap<string, ObjectType>
}

const types = new WeakMap<Shape, CelType>()

/** The CEL type of values of a shape. */
export function typeOfShape(shape: Shape): CelType {
  let type = types.get(shape)
  if (!type) {
    type = compute(shape)
    types.set(shape, type)
  }
  return type
}

const SCALARS: Partial<Record<Shape['kind'], CelType>> = {
  string: STRING,
  int: INT,
  double: DOUBLE,
  bool: BOOL,
  bytes: BYTES,
  timestamp: TIMESTAMP,
  duration: DURATION,
}

function compute(shape: Shape): CelType {
  switch (shape.kind) {
    case 'list':
      return listOf(typeOfShape(shape.item!))
    case 'map':
      return mapOf(STRING, typeOfShape(shape.item!))
    case 'optional':
      return optionalOf(typeOfShape(shape.item!))
    case 'opaque':
      return opaque(shape.name!)
    case 'object': {
      const fields = new Map([...shape.fields!].map(([name, field]) => [name, typeOfShape(field.shape)]))
      return { kind: 'object', name: shape.name ?? 'object', fields }
    }
    default:
      return SCALARS[shape.kind] ?? DYN
  }
}

export const typeOfVariable = (variable: Variable): CelType =>
  'type' in variable ? variable.type : typeOfShape(variable.shape)
export const shapeOfVariable = (variable: Variable | undefined): Shape | undefined =>
  variable && 'shape' in variable ? variable.shape : undefined
