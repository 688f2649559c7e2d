import { type FlowSchema, flowSchema } from '../../api/flowcontrol/flowschema.ts'
import {
  type PriorityLevelConfiguration,
  priorityLevelConfiguration,
} from '../../api/flowcontrol/prioritylevelconfiguration.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Client } from '../../client/client.ts'
import type { ApiServer } from '../apiserver.ts'
import type { Cacher } from '../cacher/cacher.ts'
import * as defaults from './bootstrap.ts'

const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec'
const PRODUCER = 'api-priority-and-fairness-config-producer-v1'
const CONSUMER = 'api-priority-and-fairness-config-consumer-v1'

/**
 * Keeps the objects of priority and fairness: makes those every cluster has, keeps the specs of those that nobody else takes
 * charge of, and says of each FlowSchema whether its priority level exists (upstream registry/flowcontrol/ensurer and
 * util/flowcontrol). Resolves once the objects are there; goes on for as long as the server runs.
 */
export async function keepFlowControl(server: ApiServer, client: Client): Promise<void> {
  const keeper = new Keeper(server, client)
  await keeper.start()
}

class Keeper {
  readonly #server: ApiServer
  readonly #client: Client
  readonly #schemas: Cacher<FlowSchema>
  readonly #levels: Cacher<PriorityLevelConfiguration>

  constructor(server: ApiServer, client: Client) {
    this.#server = server
    this.#client = client
    this.#schemas = server.resources.of(flowSchema).cacher
    this.#levels = server.resources.of(priorityLevelConfiguration).cacher
  }

  async start(): Promise<void> {
    await Promise.all([
      ...this.#removeObsolete(flowSchema, this.#schemas, defaults.flowSchemas),
      ...this.#removeObsolete(priorityLevelConfiguration, this.#levels, defaults.priorityLevels),
      ...defaults.priorityLevels.map(level => this.#ensureLevel(level)),
    ])
    await Promise.all(defaults.flowSchemas.map(schema => this.#ensureSchema(schema)))
    this.#schemas.listen(({ type, entry, previous }) => {
      if (type === 'MODIFIED' && deepEqual(previous!.object.spec, entry.object.spec)) return
      const known = defaults.flowSchemas.find(({ name }) => name === entry.key)
      if (known) this.#quietly(() => this.#ensureSchema(known))
      if (type !== 'DELETED') this.#quietly(() => this.#noteDangling(entry.key))
    })
    this.#levels.listen(({ type, entry }) => {
      const known = defaults.priorityLevels.find(({ name }) => name === entry.key)
      if (known) this.#quietly(() => this.#ensureLevel(known))
      if (type === 'MODIFIED') return
      for (const { object } of this.#schemas.values()) {
        if (object.spec.priorityLevelConfiguration.name !== entry.key) continue
        this.#quietly(() => this.#noteDangling(object.metadata.name!))
      }
    })
    for (const { key } of this.#schemas.values()) this.#quietly(() => this.#noteDangling(key))
  }

  /** Runs after the current change has reached every cache. What fails because the server stops is no matter. */
  #quietly(run: () => Promise<void>): void {
    queueMicrotask(() => {
      run().catch(error => {
        if (!this.#server.stopped.aborted) process.stderr.write(`priority and fairness: ${error.message}\n`)
      })
    })
  }

  #ensureLevel(wanted: (typeof defaults.priorityLevels)[number]): Promise<void> {
    const present = this.#levels.get(wanted.name)?.object
    // What the exempt level lends may be changed.
    const spec =
      wanted.name === 'exempt' && present?.spec.exempt ? { ...wanted.spec, exempt: present.spec.exempt } : wanted.spec
    return this.#ensure(priorityLevelConfiguration as unknown as Kind, present, { ...wanted, spec })
  }

  #ensureSchema(wanted: (typeof defaults.flowSchemas)[number]): Promise<void> {
    return this.#ensure(flowSchema as unknown as Kind, this.#schemas.get(wanted.name)?.object, wanted)
  }

  async #ensure(
    kind: Kind,
    present: (KubeObject & { readonly spec: unknown }) | undefined,
    { name, mandatory, spec }: defaults.Bootstrap<unknown>,
  ): Promise<void> {
    const client = this.#client.as(PRODUCER)
    if (!present) {
      const object = { metadata: { name, annotations: { [AUTO_UPDATE]: 'true' } }, spec }
      await client.create(kind, object).catch(error => {
        if (!isReason(error, 'AlreadyExists')) throw error
      })
      return
    }
    const auto = mandatory || keepsItself(present)
    const annotation = String(auto)
    const current = present.metadata.annotations?.[AUTO_UPDATE]
    const differs = auto && !contains(present.spec, spec)
    if (!differs && current === annotation) return
    const object = {
      metadata: { ...present.metadata, annotations: { ...present.metadata.annotations, [AUTO_UPDATE]: annotation } },
      spec: differs ? spec : present.spec,
    }
    await client.update(kind, object).catch(error => {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    })
  }

  /** Objects that an older version made, kept for us, and that no longer belong to any cluster. */
  #removeObsolete<T extends KubeObject>(
    kind: Kind<T>,
    cacher: Cacher<T>,
    known: readonly { name: string }[],
  ): Promise<void>[] {
    const names = new Set(known.map(({ name }) => name))
    return [...cacher.values()]
      .map(({ object }) => object)
      .filter(({ metadata }) => metadata.annotations?.[AUTO_UPDATE] === 'true' && !names.has(metadata.name!))
      .map(({ metadata }) =>
        this.#client.delete(kind, { name: metadata.name }).catch(error => {
          if (!isReason(error, 'NotFound')) throw error
        }),
      )
  }

  async #noteDangling(name: string): Promise<void> {
    const schema = this.#schemas.get(name)?.object
    if (!schema) return
    const level = schema.spec.priorityLevelConfiguration.name
    const found = this.#levels.get(level) !== undefined
    const what = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`
    const condition = {
      type: 'Dangling',
      status: found ? 'False' : 'True',
      reason: found ? 'Found' : 'NotFound',
      message: found ? `${what} and it exists` : `${what} but there is no such object`,
    }
    const before = schema.status.conditions?.find(({ type }) => type === 'Dangling')
    if (before?.status === condition.status && before.message === condition.message) return
    const lastTransitionTime =
      before?.status === condition.status ? before.lastTransitionTime : rfc3339(this.#server.clock.now())
    const body = {
      apiVersion: flowSchema.apiVersion,
      kind: flowSchema.kind,
      metadata: { name },
      status: { conditions: [{ ...condition, lastTransitionTime }] },
    }
    const options = { subresource: 'status', force: true }
    await this.#client
      .as(CONSUMER)
      .patch(flowSchema, { name }, 'apply', body, options)
      .catch(error => {
        if (!isReason(error, 'NotFound')) throw error
      })
  }
}

/** Whether the server looks after an object's spec: as its annotation says, or as long as nobody has changed it. */
function keepsItself({ metadata }: KubeObject): boolean {
  const said = metadata.annotations?.[AUTO_UPDATE]
  if (said === 'true' || said === 'false') return said === 'true'
  return metadata.generation === 1
}

/** Whether a spec is as wanted, whatever defaults have filled in. */
function contains(present: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return present === wanted
  if (typeof present !== 'object' || present === null) return false
  if (Array.isArray(wanted)) {
    return Array.isArray(present) && present.length === wanted.length && wanted.every((w, i) => contains(present[i], w))
  }
  return Object.entries(wanted).every(([key, value]) => contains((present as Record<string, unknown>)[key], value))
}
