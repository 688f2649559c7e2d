import { type Check, plural, quoted } from '../check.ts'

/** No folders of the node. */
export const hostPathVolumes: Check = {
  id: 'hostPathVolumes',
  level: 'baseline',
  versions: [
    {
      since: 0,
      find({ spec }) {
        const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name)
        if (names.length === 0) return undefined
        return { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` }
      },
    },
  ],
}
