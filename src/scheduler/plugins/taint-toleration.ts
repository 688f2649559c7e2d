import type { Toleration } from '../../api/core/pod/scheduling.ts'
import { untolerated } from '../../api/core/tolerates.ts'
import { normalizeByMax, plugin, skip, unresolvable } from '../framework.ts'

const rejection = unresolvable('node(s) had untolerated taint(s)')
const HARD = ['NoSchedule', 'NoExecute']
const SOFT = 'PreferNoSchedule'

/** Keeps pods off nodes with taints that they do not tolerate, and rather off those with PreferNoSchedule. */
export const taintToleration = plugin<undefined, readonly Toleration[]>({
  name: 'TaintToleration',
  requeueOn: [
    { on: 'node/add', when: (pod, { node }) => !untolerated(node?.spec.taints, pod.spec.tolerations, HARD) },
    { on: 'node/taints', when: (pod, { node }) => !untolerated(node?.spec.taints, pod.spec.tolerations, HARD) },
  ],
  sign: ({ pod }) => pod.spec.tolerations ?? null,
  filter(_state, { node }, { pod }) {
    const { taints } = node.spec
    return taints && untolerated(taints, pod.spec.tolerations, HARD) ? rejection : undefined
  },
  explain(_state, { name, node }, { pod }) {
    const taint = untolerated(node.spec.taints, pod.spec.tolerations, HARD)!
    const text = `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`
    return {
      detail: `it has the taint ${text}, which the pod does not tolerate`,
      remedy: `add a toleration for ${text} to the pod, or take the taint away: kubectl taint node ${name} ${taint.key}:${taint.effect}-`,
    }
  },
  preScore({ pod }, nodes) {
    if (!nodes.some(({ node }) => node.spec.taints?.some(({ effect }) => effect === SOFT))) return skip
    return (pod.spec.tolerations ?? []).filter(({ effect }) => !effect || effect === SOFT)
  },
  score: (tolerations, { node }) =>
    (node.spec.taints ?? []).filter(taint => untolerated([taint], tolerations, [SOFT])).length,
  normalize: scores => normalizeByMax(scores, true),
})
