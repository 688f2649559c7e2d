import { plugin, skip, unschedulable } from '../framework.ts'
import { podKey } from '../pod-info.ts'

const rejection = unschedulable("node(s) didn't have free ports for the requested pod ports")

/** Keeps pods off nodes where a host port they want is taken. */
export const nodePorts = plugin({
  name: 'NodePorts',
  requeueOn: ['node/add', 'pod/delete'],
  sign: ({ hostPorts }) => (hostPorts.length === 0 ? null : undefined),
  preFilter: ({ hostPorts }) => (hostPorts.length === 0 ? skip : undefined),
  explain(_state, node, { hostPorts }) {
    const taken = hostPorts.filter(({ protocol, port, ip }) => node.portInUse(protocol, port, ip))
    const users = [...node.pods.values()].filter(other =>
      other.hostPorts.some(({ protocol, port }) => taken.some(own => own.port === port && own.protocol === protocol)),
    )
    return {
      detail: `port ${taken.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')} of it is taken by ${users.map(({ pod }) => podKey(pod)).join(', ')}`,
      remedy: 'choose another hostPort, do without one, or let the other pod go elsewhere',
    }
  },
  filter: (_state, node, { hostPorts }) =>
    hostPorts.some(({ protocol, port, ip }) => node.portInUse(protocol, port, ip)) ? rejection : undefined,
})
