import type { CelType } from './types.ts'
import {
  ListValue,
  MapValue,
  ObjectValue,
  OpaqueValue,
  OptionalValue,
  TypeValue,
  typeNameOf,
  type Value,
} from './values.ts'

/** Whether a value can stand where a type is asked for, as far as its outside tells. */
export function typeFits(type: CelType, value: Value): boolean {
  switch (type.kind) {
    case 'list':
      return value instanceof ListValue
    case 'map':
      return value instanceof MapValue || value instanceof ObjectValue
    case 'optional':
      return value instanceof OptionalValue
    case 'type':
      return value instanceof TypeValue
    case 'object':
      return value instanceof ObjectValue
    case 'opaque':
      return value instanceof OpaqueValue && value.type === type.name
    case 'param':
      return true
    default:
      return type.name === 'dyn' || typeNameOf(value) === (type.name === 'null' ? 'null_type' : type.name)
  }
}
