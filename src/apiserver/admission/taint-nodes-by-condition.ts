import type { Node } from '../../api/core/node.ts'
import type { AdmissionPlugin } from './admission.ts'

const NOT_READY = 'node.kubernetes.io/not-ready'

/** New nodes take no pods until they are ready (upstream plugin/nodetaint). */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    handles: ({ operation, kind, subresource }) =>
      operation === 'CREATE' && kind.kind === 'Node' && kind.group === '' && !subresource,
    admit({ object }) {
      const node = object as Node
      node.spec.taints ??= []
      if (!node.spec.taints.some(t => t.key === NOT_READY && t.effect === 'NoSchedule')) {
        node.spec.taints.push({ key: NOT_READY, effect: 'NoSchedule' })
      }
    },
  }
}
