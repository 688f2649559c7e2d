import { deleteOptions } from '../../apimachinery/meta/options.ts'
import { status } from '../../apimachinery/meta/status.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import type { Definitions } from '../../apimachinery/schema/openapi.ts'
import type { Message } from '../../apimachinery/schema/types.ts'
import type { Resource } from '../registry/resource.ts'
import { isConnect, type Subresource, verbsOf } from '../subresources/subresource.ts'

type Json = Record<string, unknown>

interface Parameter {
  name: string
  type: 'string' | 'boolean' | 'integer'
  doc: string
}

const p = (name: string, type: Parameter['type'], doc: string): Parameter => ({ name, type, doc })
const PRETTY = p('pretty', 'string', 'Indents the answer when true.')
const DRY_RUN = p('dryRun', 'string', 'All: do everything but store the result.')
const MANAGER = p('fieldManager', 'string', 'Who the writer is, for managedFields.')
const VALIDATION = p(
  'fieldValidation',
  'string',
  'What to do with unknown and duplicate fields: Ignore, Warn or Strict.',
)
const FORCE = p('force', 'boolean', 'For apply patches: take over fields that others manage.')
const SELECTORS = [
  p('labelSelector', 'string', 'Only objects whose labels match.'),
  p('fieldSelector', 'string', 'Only objects whose fields match.'),
  p('limit', 'integer', 'Most items in one answer.'),
  p('continue', 'string', 'Where to go on, from the answer before.'),
  p('resourceVersion', 'string', 'The state to read, or to watch from.'),
  p('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  p('sendInitialEvents', 'boolean', 'Begin a watch with what is there.'),
  p('timeoutSeconds', 'integer', 'Longest the call may take.'),
]
const WATCH = [
  p('watch', 'boolean', 'Send changes as they happen instead of a list.'),
  p('allowWatchBookmarks', 'boolean', 'Also send events that only say how far the watch has come.'),
]
const DELETION = [
  p('gracePeriodSeconds', 'integer', 'Seconds the object gets to end by itself.'),
  p('orphanDependents', 'boolean', 'Older form of propagationPolicy.'),
  p('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
]
const WRITES = [DRY_RUN, MANAGER, VALIDATION]

const METHODS: Record<string, string> = {
  get: 'get',
  list: 'get',
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
}
const PARAMETERS: Record<string, Parameter[]> = {
  get: [],
  list: [...SELECTORS, ...WATCH],
  create: WRITES,
  update: WRITES,
  patch: [...WRITES, FORCE],
  delete: [DRY_RUN, ...DELETION],
  deletecollection: [DRY_RUN, ...SELECTORS, ...DELETION],
}
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

/** Writes the operations of resources into `paths`, in OpenAPI v2 or v3 form. */
export class Operations {
  readonly paths: Record<string, Json> = {}
  readonly #definitions: Definitions
  readonly #version: 2 | 3

  constructor(definitions: Definitions, version: 2 | 3) {
    this.#definitions = definitions
    this.#version = version
  }

  add({ kind }: Resource, subresources: Iterable<Subresource>): void {
    const root = kind.group ? `/apis/${kind.apiVersion}` : `/api/${kind.version}`
    const namespaced = kind.scope === 'Namespaced'
    const collection = namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`
    const names = this.#definitions.addKind(kind)
    const verbs = new Set<string>(kind.verbs)
    for (const verb of ['list', 'create', 'deletecollection'])
      if (verbs.has(verb)) this.#operation(collection, verb, kind, names)
    if (namespaced && verbs.has('list')) this.#operation(`${root}/${kind.plural}`, 'list', kind, names)
    const item = `${collection}/{name}`
    for (const verb of ['get', 'update', 'patch', 'delete'])
      if (verbs.has(verb)) this.#operation(item, verb, kind, names)
    if (kind.subresources?.status) {
      for (const verb of ['get', 'update', 'patch']) this.#operation(`${item}/status`, verb, kind, names, 'Status')
    }
    for (const subresource of subresources) this.#subresource(`${item}/${subresource.name}`, kind, subresource)
  }

  #subresource(path: string, kind: Kind, subresource: Subresource): void {
    const suffix = subresource.name[0]!.toUpperCase() + subresource.name.slice(1)
    for (const verb of verbsOf(subresource)) {
      const names = isConnect(subresource) ? undefined : this.#definitions.addKind(subresource.kind)
      this.#operation(path, verb, kind, names, suffix, isConnect(subresource) ? subresource.kind : undefined)
    }
  }

  #operation(
    path: string,
    verb: string,
    kind: Kind,
    names: { object: string; list: string } | undefined,
    suffix = '',
    connect?: { group: string; version: string; kind: string },
  ): void {
    const parameters = [PRETTY, ...(PARAMETERS[verb] ?? [])]
    const inPath = ['name', 'namespace'].filter(name => path.includes(`{${name}}`))
    const answer = !names
      ? undefined
      : verb === 'list'
        ? names.list
        : verb.startsWith('delete')
          ? this.#definitions.addMessage(status as unknown as Message)
          : names.object
    const body = !names ? undefined : verb === 'create' || verb === 'update' ? names.object : undefined
    const scope = path.includes('{namespace}') ? 'Namespaced' : ''
    const all = kind.scope === 'Namespaced' && !scope ? 'ForAllNamespaces' : ''
    const { group, version } = kind
    const { group: ownGroup, version: ownVersion, kind: own } = connect ?? kind
    const shared = inPath.map(name =>
      this.#parameter(p(name, 'string', name === 'name' ? 'Name of the object.' : 'Its namespace.'), 'path'),
    )
    this.paths[path] ??= { parameters: shared }
    const item = this.paths[path]
    item[METHODS[verb]!] = {
      description: `${verb} ${kind.kind}${suffix && ` (${suffix.toLowerCase()})`}`,
      operationId: `${verb}${groupWord(group)}${version[0]!.toUpperCase()}${version.slice(1)}${scope}${kind.kind}${suffix}${all}`,
      tags: [groupWord(group, false)],
      parameters: [
        ...parameters.map(parameter => this.#parameter(parameter, 'query')),
        ...(this.#version === 2 && body
          ? [{ name: 'body', in: 'body', required: true, schema: this.#definitions.ref(body) }]
          : []),
        ...(this.#version === 2 && verb === 'patch'
          ? [{ name: 'body', in: 'body', required: true, schema: { type: 'object' } }]
          : []),
      ],
      ...this.#body(verb, body, kind),
      responses: { '200': this.#answer(answer, kind) },
      'x-kubernetes-action': connect ? 'connect' : verb === 'create' ? 'post' : verb === 'update' ? 'put' : verb,
      'x-kubernetes-group-version-kind': { group: ownGroup, kind: own, version: ownVersion },
    }
  }

  #parameter({ name, type, doc }: Parameter, where: 'query' | 'path'): Json {
    const base = { name, in: where, description: doc, ...(where === 'path' && { required: true }) }
    return this.#version === 2 ? { ...base, type, uniqueItems: true } : { ...base, schema: { type, uniqueItems: true } }
  }

  #body(verb: string, body: string | undefined, { custom }: Kind): Json {
    if (verb === 'patch') {
      const patches = custom ? PATCH_TYPES.filter(type => !type.includes('strategic')) : PATCH_TYPES
      const content = Object.fromEntries(patches.map(type => [type, { schema: { type: 'object' } }]))
      return this.#version === 2 ? { consumes: patches } : { requestBody: { required: true, content } }
    }
    if (this.#version === 2) return { consumes: ['*/*'], produces: producedBy(custom) }
    if (verb === 'delete') {
      const options = this.#definitions.addMessage(deleteOptions as unknown as Message)
      return { requestBody: { content: { '*/*': { schema: this.#definitions.ref(options) } } } }
    }
    return body ? { requestBody: { required: true, content: { '*/*': { schema: this.#definitions.ref(body) } } } } : {}
  }

  #answer(name: string | undefined, { custom }: Kind): Json {
    if (!name) return { description: 'OK' }
    const schema = this.#definitions.ref(name)
    if (this.#version === 2) return { description: 'OK', schema }
    return { description: 'OK', content: Object.fromEntries(producedBy(custom).map(type => [type, { schema }])) }
  }
}

const PRODUCES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** Custom resources have no protobuf. */
const producedBy = (custom: Kind['custom']) => (custom ? PRODUCES.slice(0, 2) : PRODUCES)

function groupWord(group: string, upper = true): string {
  const parts = (group || 'core').replace(/\.k8s\.io$/, '').split('.')
  return parts.map((part, i) => (i > 0 || upper ? part[0]!.toUpperCase() + part.slice(1) : part)).join('')
}
