import type { Job, PodFailurePolicyRule } from '../../api/batch/job.ts'
import type { Pod } from '../../api/core/pod.ts'

interface Verdict {
  readonly action: string
  readonly message: string
}

/** What the pod failure policy says about a failed pod; undefined when no rule fits (KEP-3329). */
export function judge({ spec }: Job, pod: Pod): Verdict | undefined {
  if (pod.status.phase !== 'Failed') return undefined
  for (const [at, rule] of spec.podFailurePolicy?.rules.entries() ?? []) {
    const why = ruleFits(rule, pod)
    if (why) return { action: rule.action, message: `${why} matching ${rule.action} rule at index ${at}` }
  }
  return undefined
}

function ruleFits({ onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, { metadata, status }: Pod) {
  const name = `${metadata.namespace}/${metadata.name}`
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes
    for (const { name: container, state } of [
      ...(status.containerStatuses ?? []),
      ...(status.initContainerStatuses ?? []),
    ]) {
      const code = state?.terminated?.exitCode ?? 0
      if (code === 0 || (containerName !== undefined && containerName !== container)) continue
      if (values.includes(code) === (operator === 'In')) {
        return `Container ${container} for pod ${name} failed with exit code ${code}`
      }
    }
    return undefined
  }
  const found = onPodConditions.find(({ type, status: wanted }) =>
    status.conditions?.some(c => c.type === type && c.status === wanted),
  )
  return found && `Pod ${name} has condition ${found.type}`
}
