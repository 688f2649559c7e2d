import type { Check } from '../check.ts'

/** No network, processes or shared memory of the node. */
export const hostNamespaces: Check = {
  id: 'hostNamespaces',
  level: 'baseline',
  versions: [
    {
      since: 0,
      find({ spec }) {
        const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(field => spec[field])
        if (used.length === 0) return undefined
        return { reason: 'host namespaces', detail: used.map(field => `${field}=true`).join(', ') }
      },
    },
  ],
}
