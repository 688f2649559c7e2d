import type { Pod } from '../../api/core/pod.ts'
import { canonicalQuantity, quantityNumber } from '../../apimachinery/quantity.ts'
import type { Usage } from './usage.ts'

/** What pods on hollow nodes are said to use: `usage.tsukube.dev/cpu`, and `usage.tsukube.dev/cpu.NAME` of one container. */
const ANNOTATION = 'usage.tsukube.dev/'
const DEFAULTS = { cpu: '1m', memory: '1Mi' }
const WINDOW_MS = 15_000

/** What a hollow node without pods uses. */
export const hollowUse = (now: number): Usage => ({ at: now, windowMs: WINDOW_MS, nanoCores: 0, workingSet: 0 })

/** Made-up use of each container of a pod that runs in name only, as its annotations say; undefined while it does not run. */
export function hollowUsage(pod: Pod, now: number): ReadonlyMap<string, Usage> | undefined {
  if (pod.status.phase !== 'Running') return undefined
  const started = pod.status.startTime ? Date.parse(pod.status.startTime) : now
  const windowMs = Math.min(WINDOW_MS, now - started)
  if (windowMs <= 0) return undefined
  return new Map(
    pod.spec.containers.map(({ name }) => [
      name,
      {
        at: now,
        windowMs,
        nanoCores: Math.round(amount(pod, 'cpu', name) * 1e9),
        workingSet: Math.round(amount(pod, 'memory', name)),
      },
    ]),
  )
}

function amount({ metadata: { annotations = {} } }: Pod, resource: keyof typeof DEFAULTS, container: string): number {
  const given = annotations[`${ANNOTATION}${resource}.${container}`] ?? annotations[ANNOTATION + resource]
  return Math.max(0, read(given) ?? quantityNumber(DEFAULTS[resource]))
}

/** Annotations may say anything: what is no quantity counts as not given. */
function read(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  try {
    return quantityNumber(canonicalQuantity(text))
  } catch {
    return undefined
  }
}
