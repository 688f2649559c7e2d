import { type Check, containersOf, named, plural } from '../check.ts'

/** No ports of the node. */
export const hostPorts: Check = {
  id: 'hostPorts',
  level: 'baseline',
  versions: [
    {
      since: 0,
      find(pod) {
        const portsOf = ({ ports = [] }: ReturnType<typeof containersOf>[number]) =>
          ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))
        const bad = containersOf(pod).filter(container => portsOf(container).length > 0)
        if (bad.length === 0) return undefined
        const ports = [...new Set(bad.flatMap(portsOf))].sort()
        const reason = plural('hostPort', 'hostPorts', ports.length)
        const verb = plural('uses', 'use', bad.length)
        return { reason, detail: `${named(bad.map(({ name }) => name))} ${verb} ${reason} ${ports.join(', ')}` }
      },
    },
  ],
}
