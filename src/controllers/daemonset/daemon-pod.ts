import type { DaemonSet } from '../../api/apps/daemonset.ts'
import type { Toleration } from '../../api/core/pod/scheduling.ts'
import type { PodSpec } from '../../api/core/pod/spec.ts'
import type { Pod } from '../../api/core/pod.ts'
import { REVISION_LABEL } from '../history/revisions.ts'
import { podFromTemplate } from '../shared/pods.ts'

const TAINT = 'node.kubernetes.io/'

/** What daemon pods tolerate besides what their template says: trouble of the node is no reason to leave it. */
const DEFAULTS: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map(name => ({ key: TAINT + name, operator: 'Exists', effect: 'NoExecute' })),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map(name => ({
    key: TAINT + name,
    operator: 'Exists',
    effect: 'NoSchedule',
  })),
]
const NO_NETWORK: Toleration = { key: `${TAINT}network-unavailable`, operator: 'Exists', effect: 'NoSchedule' }

export function daemonTolerations({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const added = hostNetwork ? [...DEFAULTS, NO_NETWORK] : DEFAULTS
  const isSame = (a: Toleration, b: Toleration) =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && !a.value
  return [...tolerations.filter(t => !added.some(a => isSame(a, t))), ...added]
}

/** A pod for one node. It is bound by the scheduler, which node affinity leaves one choice. */
export function daemonPod(ds: DaemonSet, hash: string, nodeName: string) {
  const { metadata, spec } = podFromTemplate(ds, ds.spec.template)
  const onNode = {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
  }
  return {
    metadata: { ...metadata, labels: { ...metadata.labels, [REVISION_LABEL]: hash } },
    spec: {
      ...spec,
      tolerations: daemonTolerations(spec),
      affinity: {
        ...spec.affinity,
        nodeAffinity: {
          ...spec.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: onNode,
        },
      },
    },
  }
}

/** The node a daemon pod is on or meant for; undefined when it names none. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  for (const { matchFields = [] } of terms) {
    const named = matchFields.find(f => f.key === 'metadata.name' && f.operator === 'In' && f.values?.length === 1)
    if (named) return named.values![0]
  }
  return undefined
}
