import { plugin, unresolvable } from '../framework.ts'

/** Keeps pods out of the queue as long as they have scheduling gates. */
export const schedulingGates = plugin({
  name: 'SchedulingGates',
  preEnqueue(pod) {
    const gates = pod.spec.schedulingGates ?? []
    if (gates.length === 0) return undefined
    return unresolvable(`waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`)
  },
})
