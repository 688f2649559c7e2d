import { isLabelValue } from '../../apimachinery/validation/names.ts'
import type { NodeSelectorTerm } from './pod/affinity.ts'

const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
])

/** What is to be said of a label of nodes that nobody should rely on any more (upstream pkg/api/node). */
export const nodeLabelWarning = (key: string): string | undefined => DEPRECATED.get(key)

/** What is to be said of the labels a term asks for. `checkValues`: also of values that no label can have. */
export function nodeSelectorTermWarnings(
  { matchExpressions = [] }: NodeSelectorTerm,
  at: string,
  checkValues = false,
): string[] {
  return matchExpressions.flatMap(({ key, values = [] }, i) => {
    const path = `${at}.matchExpressions[${i}]`
    const label = nodeLabelWarning(key)
    const wrong = checkValues
      ? values.flatMap((value, j) =>
          isLabelValue(value).map(problem => `${path}.values[${j}]: ${value} is invalid, ${problem}`),
        )
      : []
    return [...(label ? [`${path}.key: ${key} is ${label}`] : []), ...wrong]
  })
}
