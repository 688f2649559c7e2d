import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { podQOS } from '../../api/core/pod/qos.ts'
import type { Pod } from '../../api/core/pod.ts'
import { quantityMilliValue } from '../../apimachinery/quantity.ts'
import { uidOf } from '../pods/pod.ts'
import { cgroupLimits, cpuShares, podResources } from '../runtime/resources.ts'
import { ensureCgroup, removeCgroup } from './cgroup.ts'
import type { Hierarchies } from './hierarchies.ts'

const TIERS = { Guaranteed: '', Burstable: 'burstable', BestEffort: 'besteffort' } as const

/**
 * The cgroups of the node's pods: Guaranteed ones directly in the parent, the others in a folder for their class, so
 * that BestEffort pods only get what is left (upstream pkg/kubelet/cm).
 */
export class PodCgroups {
  readonly trees: Hierarchies
  readonly #parent: string
  readonly #burstable = new Map<string, number>()

  /** `parent` is named from a tree's root, as /kubepods. */
  constructor(trees: Hierarchies, parent: string) {
    this.trees = trees
    this.#parent = parent
  }

  nameOf(pod: Pod): string {
    return path.join(this.#parent, TIERS[podQOS(pod.spec)], `pod${uidOf(pod)}`)
  }

  async ensure(pod: Pod): Promise<void> {
    const qos = podQOS(pod.spec)
    const resources = podResources(pod.spec)
    if (qos === 'BestEffort') await this.#ensureTier('besteffort', cpuShares(0))
    if (qos === 'Burstable') {
      this.#burstable.set(uidOf(pod), quantityMilliValue(resources.requests?.cpu ?? '0'))
      await this.#ensureTier('burstable', this.#burstableShares())
    }
    await ensureCgroup(this.trees, this.nameOf(pod), cgroupLimits(resources))
  }

  async remove(pod: Pod): Promise<void> {
    await removeCgroup(this.trees, this.nameOf(pod))
    if (this.#burstable.delete(uidOf(pod))) await this.#ensureTier('burstable', this.#burstableShares())
  }

  /** Removes the cgroups of pods that are not known. */
  async removeOthers(isKnown: (uid: string) => boolean): Promise<void> {
    for (const tier of Object.values(TIERS)) {
      const found = new Set<string>()
      for (const root of this.trees.roots) {
        for (const name of await readdir(path.join(root, this.#parent, tier)).catch(() => [])) found.add(name)
      }
      for (const name of found) {
        if (!name.startsWith('pod') || isKnown(name.slice(3))) continue
        await removeCgroup(this.trees, path.join(this.#parent, tier, name))
      }
    }
  }

  #burstableShares(): number {
    return cpuShares([...this.#burstable.values()].reduce((sum, milli) => sum + milli, 0))
  }

  #ensureTier(tier: string, shares: number): Promise<void> {
    return ensureCgroup(this.trees, path.join(this.#parent, tier), { cpuShares: shares })
  }
}
