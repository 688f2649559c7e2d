/** What is known of a message's field, wherever it was read: in upstream's documents or in our own statements. */
export interface FieldFacts {
  /** Protobuf's number; `4.2` is number 2 in the embedded message 4; 0 when protobuf does not have it. */
  number: string
  /** `string`, `core.v1.Probe`, `[string]` (a list), `{Quantity}` (a map). */
  type: string
  required?: boolean
  /** x-kubernetes-list-type, with its keys: `map(name)`. */
  list?: string
  /** x-kubernetes-patch-strategy, with its key: `merge(name)`. */
  patch?: string
  atomic?: boolean
  /** Go has a pointer to a value that is no struct, so that zero differs from nothing. */
  pointer?: boolean
  /** Go writes the field also when it is empty. */
  always?: boolean
}

/** A message: `atomic` is its own x-kubernetes-map-type. */
export interface MessageFacts {
  atomic?: boolean
  fields: Record<string, FieldFacts>
}
/** By short name: `core.v1.Pod`, `meta.v1.ObjectMeta`. */
export type Facts = Record<string, MessageFacts>

/** `k8s.io.api.core.v1.Pod`, `io.k8s.api.core.v1.Pod` and `api.core.v1.Pod` are all `core.v1.Pod`. */
export function shortName(name: string): string {
  return name.replace(
    /^(k8s\.io\.|io\.k8s\.)?(api\.|(apimachinery|apiextensions[-_]apiserver|kube_aggregator)\.pkg\.apis\.)/,
    '',
  )
}

/** One line for one field; without `presence`, without what only Go tells. */
export function fieldLine(facts: FieldFacts, { presence = true } = {}): string {
  const { number, type, required, list, patch, atomic, pointer, always } = facts
  const flags = [
    required && 'required',
    list && `list=${list}`,
    patch && `patch=${patch}`,
    atomic && 'atomic',
    presence && pointer && 'pointer',
    presence && always && 'always',
  ]
  return [number, type, ...flags.filter(Boolean)].join(' ')
}

function readField(line: string): FieldFacts {
  const [number, type, ...flags] = line.split(' ') as [string, string, ...string[]]
  const facts: FieldFacts = { number, type }
  for (const flag of flags) {
    const [name, value] = flag.split('=') as [string, string | undefined]
    Object.assign(facts, { [name]: value ?? true })
  }
  return facts
}

/** The digest's text: one message a line, its fields after it. */
export function writeDigest(facts: Facts): string {
  const lines = Object.keys(facts)
    .sort()
    .map(name => {
      const { atomic, fields } = facts[name]!
      const texts = Object.entries(fields).map(([field, its]) => `${field} ${fieldLine(its)}`)
      return `${name}${atomic ? ' atomic' : ''}: ${texts.sort().join('; ')}`
    })
  return `${lines.join('\n')}\n`
}

export function readDigest(text: string): Facts {
  const facts: Facts = {}
  for (const line of text.trim().split('\n')) {
    const [head, rest] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]
    const [name, atomic] = head.split(' ') as [string, string | undefined]
    const fields: Record<string, FieldFacts> = {}
    for (const text of rest === '' ? [] : rest.split('; ')) {
      const space = text.indexOf(' ')
      fields[text.slice(0, space)] = readField(text.slice(space + 1))
    }
    facts[name] = atomic ? { atomic: true, fields } : { fields }
  }
  return facts
}
