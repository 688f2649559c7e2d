import { untypedKind } from '../../api/apiextensions/client-kind.ts'
import { type APIService, apiService } from '../../api/apiregistration/apiservice.ts'
import type { Kind, KubeObject, Verb } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import type { ChangeHandler } from '../../client/informer.ts'
import type { DiscoveredResource } from '../../client/transport.ts'
import { WatchedKinds } from './watched-kinds.ts'

/** Without these verbs, nobody can keep track of a kind's objects. */
const TRACKED: readonly Verb[] = ['list', 'watch', 'delete']

const groupVersionOf = ({ spec: { group = '', version = '' } }: APIService) => `${group}/${version}`
const isAvailable = ({ status }: APIService) =>
  status.conditions?.some(condition => condition.type === 'Available' && condition.status === 'True') ?? false

/** The kinds of a group version that an extension server answers for. */
export function kindsIn({ spec }: APIService, resources: readonly DiscoveredResource[]): Kind[] {
  const { group = '', version = '' } = spec
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs }) => ({
      ...untypedKind({
        group,
        version,
        kind,
        plural: name,
        singular: kind.toLowerCase(),
        scope: namespaced ? 'Namespaced' : 'Cluster',
      }),
      verbs: verbs as readonly Verb[],
    }))
}

/** What extension servers have, and which group versions cannot be asked now. */
export interface Aggregated {
  readonly kinds: readonly Kind[]
  /** As errors of discovery tell of them. */
  readonly failures: readonly string[]
}

/** Asks all extension servers what they have. */
export async function discoverAggregated({ informer, client }: ReconcileContext): Promise<Aggregated> {
  const services = informer(apiService)
    .list()
    .filter(({ spec }) => spec.service)
    .sort((a, b) => (groupVersionOf(a) < groupVersionOf(b) ? -1 : 1))
  const kinds: Kind[] = []
  const failures: string[] = []
  for (const service of services) {
    const groupVersion = groupVersionOf(service)
    try {
      if (!isAvailable(service)) throw new Error(`stale GroupVersion discovery: ${groupVersion}`)
      kinds.push(...kindsIn(service, await client.discover(groupVersion)))
    } catch (error) {
      failures.push(`${groupVersion}: ${(error as Error).message}`)
    }
  }
  return { kinds, failures }
}

/** The kinds of extension servers whose objects can be tracked, from when these first answer until they are no longer asked. */
export class AggregatedKinds extends WatchedKinds {
  readonly #context: ReconcileContext
  /** The state of a service that its kinds were last asked for. */
  readonly #asked = new Map<string, string>()

  constructor(context: ReconcileContext, changed: (kind: Kind) => ChangeHandler<KubeObject>) {
    super(context, changed)
    this.#context = context
    context.informer(apiService).onChange((service, previous) => this.#take(service, previous))
  }

  #take(service: APIService | undefined, previous: APIService | undefined): void {
    const name = (service ?? previous)!.metadata.name!
    if (!service?.spec.service) {
      this.#asked.delete(name)
      this.replace(name, [])
      return
    }
    // What does not answer for a while keeps its objects.
    if (!isAvailable(service)) return
    const state = service.metadata.resourceVersion!
    this.#asked.set(name, state)
    void this.#context.client.discover(groupVersionOf(service)).then(
      resources => {
        if (this.#asked.get(name) !== state) return
        const kinds = kindsIn(service, resources).filter(({ verbs }) => TRACKED.every(verb => verbs.includes(verb)))
        if (describe(kinds) !== describe(this.of(name))) this.replace(name, kinds)
      },
      // It will be asked again when it is found to answer.
      () => {},
    )
  }
}

const describe = (kinds: readonly Kind[]) =>
  kinds.map(({ apiVersion, plural, kind }) => `${apiVersion} ${plural} ${kind}`).join()
