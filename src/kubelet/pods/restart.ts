import type { Container } from '../../api/core/pod/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { RuntimeContainer } from '../runtime/runtime-pod.ts'

/** The restart policy that holds for a main container: its own, by exit code where it has rules, or the pod's. */
function restartsAfter(container: Container, policy: string, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    const applies = exitCodes?.operator === 'NotIn' ? !listed : listed
    if (applies && action === 'Restart') return true
  }
  const own = container.restartPolicy ?? policy
  if (own === 'Always') return true
  return own === 'OnFailure' && exitCode !== 0
}

/** Whether a main container that does not run is to be started. `last` is its newest incarnation, if any. */
export function shouldStart(pod: Pod, container: Container, last: RuntimeContainer | undefined): boolean {
  if (pod.metadata.deletionTimestamp) return false
  if (!last) return true
  if (last.state === 'running') return false
  if (last.state !== 'exited') return true
  return restartsAfter(container, pod.spec.restartPolicy, last.exitCode)
}
