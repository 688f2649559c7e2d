import type { Pod } from '../../api/core/pod.ts'
import type { AdmissionPlugin } from './admission.ts'

const SECONDS = 300
const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/** Lets pods stay five minutes on a node that stops answering (upstream plugin/defaulttolerationseconds). */
export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    handles: ({ operation, kind, subresource }) =>
      operation === 'CREATE' && kind.kind === 'Pod' && kind.group === '' && !subresource,
    admit({ object }) {
      const { spec } = object as Pod
      for (const key of TAINTS) {
        const tolerated = spec.tolerations?.some(
          t => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect),
        )
        if (tolerated) continue
        spec.tolerations = [
          ...(spec.tolerations ?? []),
          { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS },
        ]
      }
    },
  }
}
