import { isTrue } from '../../api/apiextensions/conditions.ts'
import { customResourceDefinition } from '../../api/apiextensions/customresourcedefinition.ts'
import { CLEANUP_FINALIZER } from '../../api/apiextensions/definition-messages.ts'
import type { CustomResourceDefinition } from '../../api/apiextensions/index.ts'
import { rfc3339, sleep } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { ApiServer } from '../apiserver.ts'
import type { Cacher } from '../cacher/cacher.ts'
import type { Resource } from '../registry/resource.ts'
import { update } from '../registry/update.ts'
import { settleStatus } from './condition-rules.ts'
import type { ReviewCaller } from './conversion-webhook.ts'
import { CustomResources } from './custom-resources.ts'
import { deleteInstances } from './instances.ts'
import { SERVER_CONTEXT } from './server-context.ts'

/** How long to wait before a definition that could not be settled is looked at again. */
const RETRY_MS = 1000

/**
 * Looks after custom resource definitions: settles their names and conditions, serves what is established, and empties what
 * is deleted (upstream's controllers of the apiextensions server). Woken by changes of definitions only.
 */
export class Definitions {
  readonly #server: ApiServer
  readonly #resource: Resource<CustomResourceDefinition>
  readonly #cacher: Cacher<CustomResourceDefinition>
  readonly #served: CustomResources
  readonly #waiting = new Set<string>()
  #working = false

  constructor(server: ApiServer, caller: ReviewCaller) {
    this.#server = server
    this.#resource = server.resources.of(customResourceDefinition)
    this.#cacher = this.#resource.cacher
    this.#served = new CustomResources(server, caller, name => this.#cacher.get(name)?.object)
  }

  /** Serves what has been established before; then goes on by itself until the server stops. */
  async start(): Promise<void> {
    this.#server.stopped.addEventListener('abort', this.#cacher.listen(this.#changed), { once: true })
    const all = [...this.#cacher.values()]
    for (const { object } of all) if (isTrue(object, 'Established')) await this.#served.serve(object)
    for (const { object } of all) this.#wake(object.metadata.name!)
  }

  readonly #changed: Parameters<Cacher<CustomResourceDefinition>['listen']>[0] = ({ type, entry, previous }) => {
    const { name = '' } = entry.object.metadata
    this.#wake(name)
    const names = previous?.object.status.acceptedNames
    const same = type === 'MODIFIED' && deepEqual(names, entry.object.status.acceptedNames)
    // Names that were in use may be free now.
    if (!same) for (const other of this.#othersOf(entry.object)) this.#wakeUnaccepted(other)
  }

  #wakeUnaccepted(crd: CustomResourceDefinition): void {
    if (!isTrue(crd, 'NamesAccepted')) this.#wake(crd.metadata.name!)
  }

  #othersOf({ spec: { group }, metadata: { name } }: CustomResourceDefinition): CustomResourceDefinition[] {
    return [...this.#cacher.values()]
      .map(({ object }) => object)
      .filter(other => other.spec.group === group && other.metadata.name !== name)
  }

  #wake(name: string): void {
    this.#waiting.add(name)
    if (!this.#working) void this.#work()
  }

  async #work(): Promise<void> {
    this.#working = true
    for (const name of this.#waiting) {
      this.#waiting.delete(name)
      if (this.#server.stopped.aborted) break
      try {
        await this.#settle(name)
      } catch (error) {
        if (!isReason(error, 'NotFound', 'Conflict')) void this.#again(name)
      }
    }
    this.#working = false
  }

  async #again(name: string): Promise<void> {
    await sleep(this.#server.clock, RETRY_MS, this.#server.stopped).catch(() => {})
    this.#wake(name)
  }

  async #settle(name: string): Promise<void> {
    const crd = this.#cacher.get(name)?.object
    if (!crd) {
      this.#served.withdraw(name)
      return
    }
    if (crd.metadata.deletionTimestamp) {
      if (crd.metadata.finalizers?.includes(CLEANUP_FINALIZER)) await this.#clean(crd)
      return
    }
    const now = rfc3339(this.#server.clock.now())
    const settled = await this.#write(name, object => settleStatus(object, this.#othersOf(object), now))
    if (isTrue(settled, 'Established')) await this.#served.serve(settled)
  }

  /** Deletes the objects of a definition; once there are none left, lets it go. */
  async #clean(crd: CustomResourceDefinition): Promise<void> {
    const { name = '' } = crd.metadata
    const cacher = this.#served.cacherOf(name)
    const again = () => this.#wake(name)
    const condition = await deleteInstances(crd, this.#served.anyOf(name), cacher, again)
    const now = rfc3339(this.#server.clock.now())
    await this.#write(name, object => condition.apply(object, now))
  }

  /** Changes a definition's status; resolves to what stands there afterwards. */
  async #write(name: string, change: (object: CustomResourceDefinition) => void): Promise<CustomResourceDefinition> {
    const updater = (object: CustomResourceDefinition) => {
      change(object)
      delete object.metadata.resourceVersion
      return object
    }
    const { entry } = await update(this.#resource, '', name, updater, SERVER_CONTEXT, { subresource: 'status' })
    return entry.object
  }
}
