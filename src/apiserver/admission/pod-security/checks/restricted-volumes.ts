import { type Check, plural, quoted, sortedSet } from '../check.ts'

const ALLOWED = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

/** Only volumes of Kubernetes' own, and claims. */
export const restrictedVolumes: Check = {
  id: 'restrictedVolumes',
  level: 'restricted',
  overrides: ['hostPathVolumes'],
  versions: [
    {
      since: 0,
      find({ spec }) {
        const found = (spec.volumes ?? []).flatMap(volume => {
          const type = Object.entries(volume).find(([field, source]) => field !== 'name' && source !== undefined)?.[0]
          return type && ALLOWED.has(type) ? [] : [{ name: volume.name, type: type ?? 'unknown' }]
        })
        if (found.length === 0) return undefined
        const types = sortedSet(found.map(({ type }) => type))
        const who = `${plural('volume', 'volumes', found.length)} ${quoted(found.map(({ name }) => name))}`
        const what = plural('restricted volume type', 'restricted volume types', types.length)
        return {
          reason: 'restricted volume types',
          detail: `${who} ${plural('uses', 'use', found.length)} ${what} ${quoted(types)}`,
        }
      },
    },
  ],
}
