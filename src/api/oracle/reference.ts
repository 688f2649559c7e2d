import { readFileSync } from 'node:fs'
import { type Facts, type FieldFacts, shortName } from './facts.ts'

/** Reads upstream's published facts: its OpenAPI document and the numbers of its .proto files. */

interface Property {
  type?: string
  format?: string
  $ref?: string
  items?: Property
  additionalProperties?: Property
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-patch-strategy'?: string
  'x-kubernetes-patch-merge-key'?: string
  'x-kubernetes-map-type'?: string
}
interface Definition extends Property {
  properties?: Record<string, Property>
  required?: string[]
  'x-kubernetes-group-version-kind'?: unknown[]
}
/** Field name to number, type and maybe `repeated`. */
type ProtoMessage = Record<string, [number, string, string?]>

const SPECIAL: Record<string, string> = {
  'apimachinery.pkg.api.resource.Quantity': 'Quantity',
  'apimachinery.pkg.util.intstr.IntOrString': 'IntOrString',
  'apimachinery.pkg.apis.meta.v1.Time': 'Time',
  'apimachinery.pkg.apis.meta.v1.MicroTime': 'MicroTime',
  'apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'apimachinery.pkg.runtime.RawExtension': 'any',
  'apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
}

/** OpenAPI's name of a definition as protobuf has it. */
const protobufName = (name: string) => name.replace('io.k8s.', '').replaceAll('-', '_')

function typeText(property: Property): string {
  if (property.$ref) {
    const name = protobufName(property.$ref.replace('#/definitions/', ''))
    return SPECIAL[name] ?? shortName(name)
  }
  if (property.items) return `[${typeText(property.items)}]`
  if (property.additionalProperties) return `{${typeText(property.additionalProperties)}}`
  if (property.format === 'byte') return 'bytes'
  return property.format ?? property.type ?? 'any'
}

/** A message of the .proto files by name, as seen from another message: `PodSpec` from `api.core.v1.Pod`. */
function resolve(
  messages: Record<string, ProtoMessage>,
  from: string,
  type: string,
): [string, ProtoMessage] | undefined {
  const name = type.startsWith('.') ? type.slice(1) : `${from.slice(0, from.lastIndexOf('.'))}.${type}`
  return messages[name] && [name, messages[name]]
}

/** Protobuf spells `$ref` as ref and `x-kubernetes-list-type` as xKubernetesListType. */
const same = (a: string, b: string) => a.toLowerCase() === b.replaceAll(/[$-]/g, '').toLowerCase()

/** The number of a JSON field; in the messages that Go embeds too, when the message has it not itself. */
function numberOf(messages: Record<string, ProtoMessage>, name: string, field: string, properties: object): string {
  const message = messages[name] ?? {}
  for (const [key, [number]] of Object.entries(message)) if (same(key, field)) return String(number)
  for (const [key, [number, type]] of Object.entries(message)) {
    const embedded = key in properties ? undefined : resolve(messages, name, type)
    const inner = embedded && numberOf(messages, embedded[0], field, properties)
    if (inner && inner !== '0') return `${number}.${inner}`
  }
  return '0'
}

const VERSIONED =
  /^(api\.\w+|(apimachinery|apiextensions_apiserver|kube_aggregator)\.pkg\.apis\.(meta|apiextensions|apiregistration))\.v\d+((alpha|beta)\d+)?\.\w+$/

/** The facts of every message of every version, lists apart. `folder` holds the two files. */
export function readReference(folder: string): Facts {
  const { definitions } = JSON.parse(readFileSync(`${folder}/openapi-v1.36.json`, 'utf8')) as {
    definitions: Record<string, Definition>
  }
  const messages = JSON.parse(readFileSync(`${folder}/protobuf-fields-v1.36.json`, 'utf8')) as Record<
    string,
    ProtoMessage
  >
  const facts: Facts = {}
  for (const [full, definition] of Object.entries(definitions)) {
    const name = protobufName(full)
    if (!VERSIONED.test(name) || !definition.properties) continue
    if (name.endsWith('List') && definition['x-kubernetes-group-version-kind']) continue
    const typed = definition['x-kubernetes-group-version-kind'] !== undefined
    const fields: Record<string, FieldFacts> = {}
    for (const [field, property] of Object.entries(definition.properties)) {
      if (typed && (field === 'apiVersion' || field === 'kind')) continue
      fields[field] = {
        number: numberOf(messages, name, field, definition.properties),
        ...fieldFacts(property),
        required: definition.required?.includes(field),
      }
    }
    facts[shortName(name)] = { atomic: definition['x-kubernetes-map-type'] === 'atomic', fields }
  }
  return facts
}

function fieldFacts(property: Property) {
  const keys = property['x-kubernetes-list-map-keys']
  const strategy = property['x-kubernetes-patch-strategy']
  const mergeKey = property['x-kubernetes-patch-merge-key']
  const list = property['x-kubernetes-list-type']
  return {
    type: typeText(property),
    list: property.items && list && (keys ? `${list}(${keys.join(',')})` : list),
    patch: strategy && (mergeKey ? `${strategy}(${mergeKey})` : strategy),
    atomic: property['x-kubernetes-map-type'] === 'atomic',
  }
}

/** The protobuf number of a message's field, by the message's full name; 0 when protobuf does not have it. */
export function readNumbers(folder: string): (message: string) => (field: string, siblings: object) => string {
  const text = readFileSync(`${folder}/protobuf-fields-v1.36.json`, 'utf8')
  const messages = JSON.parse(text) as Record<string, ProtoMessage>
  return message => (field, siblings) =>
    numberOf(messages, message.replace('k8s.io.', '').replaceAll('-', '_'), field, siblings)
}

const VERBS: Record<string, string> = {
  post: 'create',
  list: 'list',
  get: 'get',
  put: 'update',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'deletecollection',
}

interface Operation {
  'x-kubernetes-action'?: string
}

/** The verbs of every resource, by path: `/api/v1/namespaces/{namespace}/pods`, `/api/v1/nodes/status`. */
export function readVerbs(folder: string): Map<string, Set<string>> {
  const { paths } = JSON.parse(readFileSync(`${folder}/openapi-v1.36.json`, 'utf8')) as {
    paths: Record<string, Record<string, Operation>>
  }
  const resources = new Map<string, Set<string>>()
  for (const [path, operations] of Object.entries(paths)) {
    const resource = path.replace('/{name}', '')
    if (!resources.has(resource)) resources.set(resource, new Set())
    for (const operation of Object.values(operations)) {
      const verb = VERBS[operation['x-kubernetes-action'] ?? '']
      if (verb) resources.get(resource)!.add(verb)
    }
  }
  return resources
}
