import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { type Plugin, plugin, skip, unresolvable } from '../framework.ts'
import { claimsOf } from '../pod-claims.ts'
import type { Handle } from './handle.ts'

const rejection = unresolvable('node(s) had no available volume zone')
/** Labels of volumes that say where they are, old and new. */
const TOPOLOGY = [
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
]

interface Place {
  readonly label: string
  readonly values: readonly string[]
}

/** Keeps pods off nodes that are not in the zones of their volumes (upstream plugins/volumezone). */
export function volumeZone({ informers }: Handle): Plugin {
  const [claims, volumes] = [informers.of(persistentVolumeClaim), informers.of(persistentVolume)]
  return plugin<readonly Place[]>({
    name: 'VolumeZone',
    requeueOn: [
      'persistentvolumeclaim/add',
      'persistentvolumeclaim/update',
      'persistentvolume/add',
      'persistentvolume/update',
      'storageclass/add',
      'node/add',
      'node/labels',
    ],
    sign: ({ pod }) => (claimsOf(pod).length === 0 ? null : undefined),
    preFilter({ pod }) {
      const places = claimsOf(pod).flatMap(({ name }) => {
        const volumeName = claims.get(`${pod.metadata.namespace}/${name}`)?.spec.volumeName
        const labels = (volumeName && volumes.get(volumeName)?.metadata.labels) || {}
        return TOPOLOGY.filter(label => labels[label] !== undefined).map(label => ({
          label,
          values: labels[label]!.split('__'),
        }))
      })
      return places.length === 0 ? skip : places
    },
    filter(places, { node: { metadata } }) {
      const labels = metadata.labels ?? {}
      // A node without any such label is one of a cluster without zones.
      if (!TOPOLOGY.some(label => labels[label] !== undefined)) return undefined
      const fits = places.every(({ label, values }) => {
        const value = labels[label] ?? labels[counterpart(label)]
        return value !== undefined && values.includes(value)
      })
      return fits ? undefined : rejection
    },
  })
}

/** The new label for an old one, and the other way round. */
const counterpart = (label: string): string =>
  label.startsWith('failure-domain.beta')
    ? label.replace('failure-domain.beta', 'topology')
    : label.replace('topology', 'failure-domain.beta')
