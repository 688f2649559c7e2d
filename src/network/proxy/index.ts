import { writeFile } from 'node:fs/promises'
import { node as nodeKind } from '../../api/core/node.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { endpointSlice as sliceKind } from '../../api/discovery/endpointslice.ts'
import { Informer, keyOf } from '../../client/informer.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import type { NetworkOptions } from '../options.ts'
import { SERVICE_INDEX, serviceOfSlice } from '../slices.ts'
import { Claims, type RuleChange } from './claims.ts'
import { forgetStaleFlows } from './conntrack.ts'
import { loadScript } from './nft.ts'
import { Ruleset } from './ruleset.ts'
import { type Place, type Rule, rulesOf } from './service-map.ts'

export interface ServiceProxyOptions extends NetworkOptions {
  /** Range of all pods of the cluster. */
  readonly clusterCidr: string
}

const ZONE = 'topology.kubernetes.io/zone'
/** The one thing in the queue: bring the kernel's rules to what the Services say. */
const SYNC = 'sync'

/**
 * Makes the node's kernel lead connections to Services' addresses to their endpoints, by nftables. Resolves once the first
 * rules are in place; follows every change until the signal aborts.
 */
export async function startServiceProxy(options: ServiceProxyOptions): Promise<void> {
  const { client, informers, clock, random, signal, log, nodeName, nodeAddress, clusterCidr } = options
  const services = informers.of(serviceKind)
  const slices = informers.of(sliceKind)
  const nodes = new Informer(nodeKind, client, clock, random, { fieldSelector: `metadata.name=${nodeName}` })
  nodes.start(signal)
  slices.addIndex(SERVICE_INDEX, serviceOfSlice)
  await Promise.all([services.whenSynced(), slices.whenSynced(), nodes.whenSynced()])

  const addresses = (await allowLoopback()) ? [nodeAddress, '127.0.0.1'] : [nodeAddress]
  const place = (): Place => ({ nodeName, addresses, zone: nodes.get(nodeName)?.metadata.labels?.[ZONE] })
  const claims = new Claims()
  const ruleset = new Ruleset(clusterCidr)
  const stale = new Set<string>()
  const queue = new WorkQueue(clock)
  signal.addEventListener('abort', () => queue.close(), { once: true })
  const touch = (key: string) => {
    stale.add(key)
    queue.add(SYNC)
  }

  // Whoever was there first keeps an address that two want.
  const age = (key: string) => services.get(key)?.metadata.creationTimestamp ?? ''
  const known = services.list().map(keyOf)
  for (const key of known.sort((a, b) => (age(a) < age(b) || (age(a) === age(b) && a < b) ? -1 : 1))) touch(key)
  services.onChange((object, previous) => touch(keyOf((object ?? previous)!)))
  slices.onChange((object, previous) => {
    for (const slice of [object, previous]) for (const key of slice ? serviceOfSlice(slice) : []) touch(key)
  })
  nodes.onChange((object, previous) => {
    if (previous && object?.metadata.labels?.[ZONE] !== previous.metadata.labels?.[ZONE])
      for (const service of services.list()) touch(keyOf(service))
  })

  let loaded = false
  let conntrackFailed = false
  const sync = async () => {
    const changes = update()
    const script = loaded ? ruleset.change(changes) : undefined
    if (script !== '') {
      // Whatever a failed change left unclear, the next attempt replaces as a whole.
      const whole = script === undefined
      const everything = !loaded
      loaded = false
      await loadScript(whole ? ruleset.full([...claims.rules()]) : script)
      loaded = true
      await forgetStaleFlows(everything ? claims.rules() : changes.map(outcome)).catch(error => {
        if (!conntrackFailed && !signal.aborted)
          log(`service proxy: UDP clients may keep reaching endpoints that are gone: ${error.message}`)
        conntrackFailed = true
      })
    }
  }
  const update = (): RuleChange[] => {
    const changes: RuleChange[] = []
    for (const key of stale) {
      const service = services.get(key)
      const rules = service ? rulesOf(service, slices.byIndex(SERVICE_INDEX, key), place()) : []
      const update = claims.update(key, rules)
      changes.push(...update.changes)
      for (const { loser, holder, rule } of update.conflicts)
        log(
          `service ${loser} does not get ${rule.address} port ${rule.port}/${rule.protocol}: ${holder} has it already`,
        )
    }
    stale.clear()
    return changes
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

/** The rule as it is now, or as one without endpoints. */
const outcome = ({ before, after }: RuleChange): Rule => after ?? { ...before!, endpoints: [], inside: undefined }

/** Lets the kernel lead connections to the node's loopback address elsewhere; false where it may not be told to. */
async function allowLoopback(): Promise<boolean> {
  return writeFile('/proc/sys/net/ipv4/conf/all/route_localnet', '1').then(
    () => true,
    () => false,
  )
}
