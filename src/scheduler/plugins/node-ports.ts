import { plugin, skip, unschedulable } from '../framework.ts'

const rejection = unschedulable("node(s) didn't have free ports for the requested pod ports")

/** Keeps pods off nodes where a host port they want is taken. */
export const nodePorts = plugin({
  name: 'NodePorts',
  requeueOn: ['node/add', 'pod/delete'],
  sign: ({ hostPorts }) => (hostPorts.length === 0 ? null : undefined),
  preFilter: ({ hostPorts }) => (hostPorts.length === 0 ? skip : undefined),
  filter: (_state, node, { hostPorts }) =>
    hostPorts.some(({ protocol, port, ip }) => node.portInUse(protocol, port, ip)) ? rejection : undefined,
})
