import { isList, isMap, isMessage, type Message, type Type } from '../schema/types.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  INT,
  listOf,
  mapOf,
  type ObjectType,
  STRING,
  TIMESTAMP,
} from './types.ts'

const SCALARS: Readonly<Record<string, CelType>> = {
  string: STRING,
  bool: BOOL,
  int32: INT,
  int64: INT,
  double: DOUBLE,
  bytes: BYTES,
  time: TIMESTAMP,
  microTime: TIMESTAMP,
  duration: STRING,
}

function typeOf(type: Type): CelType {
  if (isList(type)) return listOf(typeOf(type.item))
  if (isMap(type)) return mapOf(STRING, typeOf(type.value))
  if (isMessage(type)) return typeOfMessage(type)
  return SCALARS[type.kind] ?? DYN
}

/** The fields of a message; each type is made when it is first asked for, since messages may contain themselves. */
class MessageFields extends Map<string, CelType> {
  readonly #message: Message

  constructor(message: Message) {
    super()
    this.#message = message
  }
  override get(name: string): CelType | undefined {
    const known = super.get(name)
    if (known || !Object.hasOwn(this.#message.fields, name)) return known
    const type = typeOf(this.#message.fields[name]!.type)
    this.set(name, type)
    return type
  }
  override has(name: string): boolean {
    return this.get(name) !== undefined
  }
}

const known = new WeakMap<Message, CelType>()

/**
 * The CEL type of a message's values. What JSON may write in several ways, as quantities and ports by number or name, is
 * dynamic.
 */
export function typeOfMessage(message: Message): CelType {
  let type = known.get(message)
  if (!type) {
    const { union, decode, rest } = message.facts
    type = union || decode || rest ? DYN : { kind: 'object', name: message.name, fields: new MessageFields(message) }
    known.set(message, type)
  }
  return type
}

/** The CEL type of whole objects of a built-in kind. `name`: what error messages call it. */
export function typeOfObject(message: Message, name: string): ObjectType {
  const fields = new MessageFields(message)
  fields.set('apiVersion', STRING)
  fields.set('kind', STRING)
  return { kind: 'object', name, fields }
}
