/** What a priority level wants of the server's seats, and between what bounds. */
export interface Claim {
  readonly lowerBound: number
  readonly upperBound: number
  /** At least the lower bound. */
  readonly target: number
}

const MIN_TARGET = 0.001
const EPSILON = 1e-7

/**
 * Shares out `sum` seats so that all claims get the same fraction of their targets, as far as their bounds let them
 * (upstream util/flowcontrol/conc_alloc.go). Undefined where the bounds cannot be met.
 */
export function allocate(sum: number, claims: readonly Claim[]): { seats: number[]; fraction: number } | undefined {
  const targets = claims.map(({ target }) => Math.max(target, MIN_TARGET))
  const seatsAt = (fraction: number) =>
    claims.map(({ lowerBound, upperBound }, i) => Math.min(upperBound, Math.max(lowerBound, fraction * targets[i]!)))
  const total = (fraction: number) => seatsAt(fraction).reduce((a, b) => a + b, 0)
  const low = claims.reduce((a, { lowerBound }) => a + lowerBound, 0)
  const high = claims.reduce((a, { upperBound }) => a + upperBound, 0)
  if (low - sum > EPSILON || sum - high > EPSILON) return undefined
  // The total is linear in the fraction between any two neighbouring bounds.
  const bounds = claims
    .flatMap(({ lowerBound, upperBound }, i) => [lowerBound / targets[i]!, upperBound / targets[i]!])
    .sort((a, b) => a - b)
  let [from, to] = [0, bounds.at(-1) ?? 0]
  for (const bound of bounds) {
    if (total(bound) >= sum) {
      to = bound
      break
    }
    from = bound
  }
  const [least, most] = [total(from), total(to)]
  const fraction = most - least > EPSILON ? from + ((to - from) * (sum - least)) / (most - least) : to
  return { seats: seatsAt(fraction), fraction }
}
