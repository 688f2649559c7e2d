import { quantityMilliValue } from '../../../apimachinery/quantity.ts'
import type { Pod } from '../pod.ts'
import type { PodSpec } from './spec.ts'

export const podWarnings = ({ spec }: Pod): string[] => podSpecWarnings(spec, 'spec')

/** Notes on what is accepted but hardly meant, after upstream's pkg/api/pod/warnings.go. `at` is the path of the spec. */
export function podSpecWarnings(spec: PodSpec, at: string): string[] {
  const warnings: string[] = []
  for (const list of ['initContainers', 'containers'] as const) {
    spec[list]?.forEach((container, i) => {
      const path = `${at}.${list}[${i}]`
      const names = new Set<string>()
      container.env?.forEach(({ name, value }, j) => {
        const usesItself = value?.includes(`$(${name})`)
        if (names.has(name) && !usesItself) {
          const quoted = JSON.stringify(name)
          warnings.push(
            `${path}.env[${j}]: hides previous definition of ${quoted}, which may be dropped when using apply`,
          )
        }
        names.add(name)
      })
      for (const kind of ['limits', 'requests'] as const) {
        for (const resource of ['memory', 'ephemeral-storage']) {
          const amount = container.resources[kind]?.[resource]
          if (amount === undefined || quantityMilliValue(amount) % 1000 === 0) continue
          const quoted = JSON.stringify(amount)
          warnings.push(
            `${path}.resources.${kind}[${resource}]: fractional byte value ${quoted} is invalid, must be an integer`,
          )
        }
      }
    })
  }
  return warnings
}
