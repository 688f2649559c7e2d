import { isList, isMap, isMessage, type Message, type Type } from '../../apimachinery/schema/types.ts'
import { type FieldFacts, type MessageFacts, shortName } from './facts.ts'

/** Every message that these reach, with their own; a name may be stated more than once. */
export function reach(messages: readonly Message[]): ReadonlySet<Message> {
  const reached = new Set<Message>()
  const visit = (type: Type): void => {
    if (isList(type)) visit(type.item)
    else if (isMap(type)) visit(type.value)
    else if (isMessage(type) && !reached.has(type)) {
      reached.add(type)
      for (const field of Object.values(type.fields)) visit(field.type)
    }
  }
  messages.forEach(visit)
  return reached
}

const SCALARS: Record<string, string> = {
  bool: 'boolean',
  quantity: 'Quantity',
  intOrString: 'IntOrString',
  time: 'Time',
  microTime: 'MicroTime',
  duration: 'Duration',
}

function typeText(type: Type): string {
  if (isList(type)) return `[${typeText(type.item)}]`
  if (isMap(type)) return `{${typeText(type.value)}}`
  if (isMessage(type)) return shortName(type.name)
  return SCALARS[type.kind] ?? type.kind
}

const withKeys = (name: string, keys: readonly string[] = []) => (keys.length > 0 ? `${name}(${keys.join(',')})` : name)

/** A field as stated; `filled` tells that it is always there though its default, or a rule of ours, sees to that. */
export interface StatedField extends FieldFacts {
  filled: boolean
}

/** What our statement of a message says. */
export function stated(message: Message): MessageFacts & { fields: Record<string, StatedField> } {
  const fields: Record<string, StatedField> = {}
  for (const [name, { number, type, facts }] of Object.entries(message.fields)) {
    fields[name] = {
      number: [...(facts.inlined ?? []), number].join('.'),
      type: typeText(type),
      required: facts.listed,
      list: facts.listSemantics && withKeys(facts.listSemantics, facts.mapKeys),
      patch: facts.patchStrategies && withKeys(facts.patchStrategies.join(','), keyOf(facts.patchMergeKey)),
      atomic: facts.atomic,
      pointer: facts.pointer,
      always: facts.presence !== 'optional',
      filled: facts.default !== undefined || facts.notEmpty === true,
    }
  }
  return { atomic: message.facts.atomic, fields }
}

const keyOf = (key: string | undefined) => (key === undefined ? [] : [key])
