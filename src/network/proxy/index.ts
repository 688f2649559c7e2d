import { service as serviceKind } from '../../api/core/service.ts'
import { endpointSlice as sliceKind } from '../../api/discovery/endpointslice.ts'
import { keyOf } from '../../client/informer.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import type { NetworkOptions } from '../options.ts'
import { forgetConnections } from './conntrack.ts'
import { loadScript } from './nft.ts'
import { changeScript, fullScript, type Ruleset, reaches, rulesetOf } from './ruleset.ts'
import { type Rule, rulesOf } from './service-map.ts'

export interface ServiceProxyOptions extends NetworkOptions {
  /** Range of all pods of the cluster. */
  readonly clusterCidr: string
}

const SERVICE_NAME = 'kubernetes.io/service-name'
const BY_SERVICE = 'service'
/** The one thing in the queue: bring the kernel's rules to what the Services say. */
const SYNC = 'sync'

/**
 * Makes the node's kernel lead connections to Services' addresses to their endpoints, by nftables. Resolves once the first
 * rules are in place; follows every change until the signal aborts.
 */
export async function startServiceProxy(options: ServiceProxyOptions): Promise<void> {
  const { informers, clock, signal, log, nodeName, nodeAddress, clusterCidr } = options
  const services = informers.of(serviceKind)
  const slices = informers.of(sliceKind)
  slices.addIndex(BY_SERVICE, ({ metadata: { namespace, labels } }) => {
    const name = labels?.[SERVICE_NAME]
    return name ? [`${namespace}/${name}`] : []
  })
  await Promise.all([services.whenSynced(), slices.whenSynced()])

  const rules = new Map<string, Rule[]>()
  const stale = new Set<string>()
  const queue = new WorkQueue(clock)
  signal.addEventListener('abort', () => queue.close(), { once: true })
  const touch = (key: string) => {
    stale.add(key)
    queue.add(SYNC)
  }
  services.onChange((object, previous) => touch(keyOf((object ?? previous)!)))
  slices.onChange((object, previous) => {
    for (const slice of [object, previous]) {
      const name = slice?.metadata.labels?.[SERVICE_NAME]
      if (name) touch(`${slice!.metadata.namespace}/${name}`)
    }
  })

  let loaded: Ruleset | undefined
  const sync = async () => {
    const before = new Map([...stale].map(key => [key, rules.get(key) ?? []]))
    for (const key of stale) {
      const service = services.get(key)
      if (service) rules.set(key, rulesOf(service, slices.byIndex(BY_SERVICE, key), nodeName, nodeAddress))
      else rules.delete(key)
    }
    stale.clear()
    const wanted = rulesetOf([...rules.values()].flat())
    const chains = loaded?.balancers
    const small = loaded && reaches(loaded, wanted)
    const script = small ? changeScript(loaded!, wanted) : fullScript(wanted, clusterCidr)
    if (script) {
      // Whatever a failed change left unclear, the next attempt replaces as a whole.
      loaded = undefined
      await loadScript(script)
    }
    loaded = { elements: wanted.elements, balancers: small ? chains! : wanted.balancers }
    for (const [key, old] of before) await forgetConnections(old, rules.get(key) ?? [])
  }
  await sync()
  void work()

  async function work(): Promise<void> {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        await sync()
        queue.forget(key)
      } catch (error) {
        if (!signal.aborted) log(`service proxy: ${(error as Error).message}`)
        queue.addRateLimited(key)
      } finally {
        queue.done(key)
      }
    }
  }
}
