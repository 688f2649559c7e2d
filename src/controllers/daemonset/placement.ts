import type { DaemonSet } from '../../api/apps/daemonset.ts'
import type { Node } from '../../api/core/node.ts'
import { compileRequired } from '../../api/core/node-selector.ts'
import { untolerated } from '../../api/core/tolerates.ts'
import { daemonTolerations } from './daemon-pod.ts'

interface Placement {
  /** A pod should be started there. */
  readonly run: boolean
  /** A pod that is there may stay. */
  readonly stay: boolean
}

const NOWHERE: Placement = { run: false, stay: false }

/** A test of nodes for whether they should have a pod of this DaemonSet. */
export function placementFor({ spec }: DaemonSet): (node: Node) => Placement {
  const { spec: podSpec } = spec.template
  const fits = compileRequired(podSpec)
  const tolerations = daemonTolerations(podSpec)
  return node => {
    if (podSpec.nodeName && podSpec.nodeName !== node.metadata.name) return NOWHERE
    if (fits && !fits(node)) return NOWHERE
    const { taints } = node.spec
    return {
      run: !untolerated(taints, tolerations, ['NoExecute', 'NoSchedule']),
      stay: !untolerated(taints, tolerations, ['NoExecute']),
    }
  }
}
