import { tolerates } from '../../api/core/tolerates.ts'
import { plugin, unresolvable } from '../framework.ts'

const CORDONED = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
const rejection = unresolvable('node(s) were unschedulable')

/** Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it. */
export const nodeUnschedulable = plugin({
  name: 'NodeUnschedulable',
  requeueOn: [
    { on: 'node/add', when: (_pod, { node }) => !node?.spec.unschedulable },
    { on: 'node/unschedulable', when: (_pod, { node }) => !node?.spec.unschedulable },
  ],
  sign: () => null,
  explain: (_state, { name }) => ({
    detail: 'it is cordoned',
    remedy: `let it take pods again: kubectl uncordon ${name}`,
  }),
  filter(_state, { node }, { pod }) {
    if (!node.spec.unschedulable) return undefined
    return pod.spec.tolerations?.some(toleration => tolerates(toleration, CORDONED)) ? undefined : rejection
  },
})
