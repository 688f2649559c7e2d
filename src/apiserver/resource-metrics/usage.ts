import { formatQuantity } from '../../apimachinery/quantity.ts'

/** What something had used at one time. */
export interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Processor time used since its start, in seconds. */
  readonly cpuSeconds: number
  /** Memory in use that cannot be taken away, in bytes. */
  readonly workingSet: number
  /** When it started, in milliseconds since the epoch, where that is known. */
  readonly startedAt?: number
}

/** What something used over a window of time. */
export interface Usage {
  /** When the window ended, in milliseconds since the epoch. */
  readonly at: number
  /** How long it was, in milliseconds. */
  readonly windowMs: number
  /** Billionths of a processor. */
  readonly nanoCores: number
  /** Bytes. */
  readonly workingSet: number
}

/** What is as young as this has no use that means anything (metrics-server's freshContainerMinMetricsResolution). */
const MIN_FRESH_MS = 10_000

/**
 * The use between two looks at something (metrics-server pkg/storage). With one look only, that since its start, if it
 * started within `resolutionMs`. Undefined where that cannot be told: it has been seen once only, or it started anew.
 */
export function usageOf(last: Point, previous: Point | undefined, resolutionMs: number): Usage | undefined {
  const from = previous ?? beginning(last, resolutionMs)
  if (!from) return undefined
  if ((last.startedAt ?? 0) > (from.startedAt ?? 0)) return usageOf(last, undefined, resolutionMs)
  const windowMs = last.at - from.at
  if (windowMs <= 0 || last.cpuSeconds < from.cpuSeconds) return undefined
  const nanoCores = Math.round(((last.cpuSeconds - from.cpuSeconds) / windowMs) * 1e12)
  return { at: last.at, windowMs, nanoCores, workingSet: last.workingSet }
}

function beginning({ at, startedAt }: Point, resolutionMs: number): Point | undefined {
  if (startedAt === undefined || at - startedAt < MIN_FRESH_MS || at - startedAt >= resolutionMs) return undefined
  return { at: startedAt, startedAt, cpuSeconds: 0, workingSet: 0 }
}

/** Use as metrics.k8s.io writes it. */
export const resourceList = ({ nanoCores, workingSet }: Pick<Usage, 'nanoCores' | 'workingSet'>) => ({
  cpu: formatQuantity({ nanos: BigInt(nanoCores), format: 'DecimalSI' }),
  memory: formatQuantity({ nanos: BigInt(Math.round(workingSet)) * 1_000_000_000n, format: 'BinarySI' }),
})
