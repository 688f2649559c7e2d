import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { BOUND_BY_CONTROLLER, isBoundToClaim, SELECTED_NODE } from '../../api/core/volume-binding.ts'
import { csiDriver, csiStorageCapacity, storageClass } from '../../api/storage/index.ts'
import type { Client } from '../../client/client.ts'
import { keyOf } from '../../client/informer.ts'
import type { VolumeBindingArgs } from '../config/args.ts'
import { type Plugin, plugin, Rejection, skip, unresolvable } from '../framework.ts'
import { claimsOf } from '../pod-claims.ts'
import { Assumed } from './assumed.ts'
import type { Handle } from './handle.ts'
import { chooseVolumes, type VolumeChoice, type VolumeStores } from './volume-choice.ts'
import { isBound, type PodClaims, sortedClaims } from './volume-claims.ts'

/**
 * Keeps pods off nodes where their volumes are not, chooses volumes for claims that wait for a pod, or has them made there, and
 * holds the binding back until they are (upstream plugins/volumebinding).
 */
export function volumeBinding({ bindTimeoutSeconds }: VolumeBindingArgs, { informers, clock }: Handle): Plugin {
  const [claimInformer, volumeInformer] = [informers.of(persistentVolumeClaim), informers.of(persistentVolume)]
  const [classes, drivers] = [informers.of(storageClass), informers.of(csiDriver)]
  const capacities = informers.of(csiStorageCapacity)
  const [claims, volumes] = [new Assumed(claimInformer), new Assumed(volumeInformer)]
  const stores: VolumeStores = {
    claim: key => claims.get(key),
    volume: name => volumes.get(name),
    storageClass: name => classes.get(name),
    volumes: () => volumes.list(),
    tracksCapacity: driver => drivers.get(driver)?.spec.storageCapacity === true,
    capacities: () => capacities.list(),
  }
  /** What is to be done before a pod can be bound, by its UID. */
  const chosen = new Map<string, VolumeChoice>()

  const revert = ({ bindings, provisions }: VolumeChoice) => {
    for (const { volume } of bindings) volumes.restore(keyOf(volume))
    for (const claim of provisions) claims.restore(keyOf(claim))
  }

  async function write({ bindings, provisions }: VolumeChoice, client: Client): Promise<void> {
    for (const { volume } of bindings) volumes.assume(await client.update(persistentVolume, volume))
    for (const claim of provisions) claims.assume(await client.update(persistentVolumeClaim, claim))
  }

  /** Whether all is bound; throws Error when it will not be. */
  function isDone({ bindings, provisions }: VolumeChoice, nodeName: string): boolean {
    for (const { volume, claim } of bindings) {
      const known = volumeInformer.get(keyOf(volume))
      if (!known) throw new Error(`pv ${JSON.stringify(volume.metadata.name)} not found`)
      if (known.spec.claimRef && !isBoundToClaim(known, claim)) {
        throw new Error(`volume ${JSON.stringify(volume.metadata.name)} is bound to another claim`)
      }
    }
    const waiting = [...bindings.map(({ claim }) => claim), ...provisions]
    const provisioning = new Set(provisions.map(keyOf))
    return waiting.every(claim => {
      const name = JSON.stringify(claim.metadata.name)
      const known = claimInformer.get(keyOf(claim))
      if (!known) throw new Error(`pvc ${name} does not exist any more`)
      if (isBound(known)) return true
      if (!provisioning.has(keyOf(claim)) || claims.get(keyOf(claim)) !== known) return false
      const selected = known.metadata.annotations?.[SELECTED_NODE]
      if (!selected) throw new Error(`provisioning failed for PVC ${name}`)
      if (selected !== nodeName) throw new Error(`provisioning for PVC ${name} was moved to node ${selected}`)
      return false
    })
  }

  function whenDone(choice: VolumeChoice, nodeName: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false
      const ends: (() => void)[] = []
      const finish = (outcome: () => void) => {
        if (over) return
        over = true
        for (const end of ends) end()
        outcome()
      }
      const look = () => {
        try {
          if (!over && isDone(choice, nodeName)) finish(resolve)
        } catch (error) {
          finish(() => reject(error))
        }
      }
      const timer = clock.timer(bindTimeoutSeconds * 1000, () =>
        finish(() => reject(new Error('timed out waiting for the condition'))),
      )
      ends.push(() => timer.cancel())
      look()
      if (over) return
      ends.push(claimInformer.onChange(look), volumeInformer.onChange(look))
      if (over) for (const end of ends) end()
    })
  }

  return plugin<PodClaims>({
    name: 'VolumeBinding',
    requeueOn: [
      {
        on: 'persistentvolumeclaim/add',
        when: (pod, { object }) => !object || names(pod, object),
      },
      {
        on: 'persistentvolumeclaim/update',
        when: (pod, { object }) => !object || names(pod, object),
      },
      'persistentvolume/add',
      'persistentvolume/update',
      'storageclass/add',
      'storageclass/update',
      'csinode/add',
      'csidriver/update',
      'csistoragecapacity/add',
      'csistoragecapacity/update',
      'node/add',
      'node/labels',
    ],
    sign: ({ pod }) => (claimsOf(pod).length === 0 ? null : undefined),
    preFilter({ pod }) {
      if (claimsOf(pod).length === 0) return skip
      const sorted = sortedClaims(pod, stores)
      if (typeof sorted === 'string') return unresolvable(sorted)
      return sorted.immediate.length > 0 ? unresolvable('pod has unbound immediate PersistentVolumeClaims') : sorted
    },
    filter(sorted, { node }) {
      const choice = chooseVolumes(sorted, node, stores)
      return 'bindings' in choice ? undefined : new Rejection(choice, false)
    },
    reserve({ pod, uid }, nodeName, { cache }) {
      if (claimsOf(pod).length === 0) return undefined
      const [sorted, node] = [sortedClaims(pod, stores), cache.node(nodeName)?.node]
      const choice = typeof sorted !== 'string' && node && chooseVolumes(sorted, node, stores)
      if (!choice || !('bindings' in choice)) return unresolvable('the volumes have changed meanwhile')
      const assumed = assumedChoice(choice, nodeName)
      for (const { volume } of assumed.bindings) volumes.assume(volume)
      for (const claim of assumed.provisions) claims.assume(claim)
      chosen.set(uid, assumed)
      return undefined
    },
    unreserve({ uid }) {
      const choice = chosen.get(uid)
      chosen.delete(uid)
      if (choice) revert(choice)
    },
    async preBind({ uid }, nodeName, { client, waitFor }) {
      const choice = chosen.get(uid)
      if (!choice || choice.bindings.length + choice.provisions.length === 0) return
      try {
        await write(choice, client)
        await waitFor(whenDone(choice, nodeName))
      } catch (error) {
        throw new Error(`binding volumes: ${(error as Error).message}`)
      }
    },
    postBind({ uid }) {
      chosen.delete(uid)
    },
  })
}

const names = (
  pod: Parameters<typeof claimsOf>[0],
  { metadata }: { metadata: { namespace?: string; name?: string } },
) => pod.metadata.namespace === metadata.namespace && claimsOf(pod).some(({ name }) => name === metadata.name)

/** The objects as they are to be written: volumes reserved for their claims, claims with the node their volume is made for. */
function assumedChoice({ bindings, provisions }: VolumeChoice, nodeName: string): VolumeChoice {
  return {
    bindings: bindings.map(({ claim, volume }) => {
      const { namespace, name, uid, resourceVersion } = claim.metadata
      const byUs = !volume.spec.claimRef
      const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion }
      const annotations = { ...volume.metadata.annotations, ...(byUs && { [BOUND_BY_CONTROLLER]: 'yes' }) }
      return {
        claim,
        volume: { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } },
      }
    }),
    provisions: provisions.map(claim => {
      const annotations = { ...claim.metadata.annotations, [SELECTED_NODE]: nodeName }
      return { ...claim, metadata: { ...claim.metadata, annotations } }
    }),
  }
}
