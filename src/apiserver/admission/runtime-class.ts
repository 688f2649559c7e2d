import type { Pod } from '../../api/core/pod.ts'
import { type RuntimeClass, runtimeClass as runtimeClassKind } from '../../api/node/runtimeclass.ts'
import { forbidden } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

/** Gives pods the overhead and the place that their runtime class states (upstream plugin/runtimeclass). */
export function runtimeClass(server: ApiServer): AdmissionPlugin {
  const classes = server.resources.of(runtimeClassKind).cacher
  const refuse = (pod: Pod, why: string) =>
    forbidden({ group: '', plural: 'pods' }, pod.metadata.name ?? pod.metadata.generateName ?? '', why)
  const classOf = (pod: Pod): RuntimeClass | undefined => {
    const name = pod.spec.runtimeClassName
    if (!name) return undefined
    const found = classes.get(name)?.object
    if (!found) throw refuse(pod, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    return found
  }
  return {
    name: 'RuntimeClass',
    handles: ({ operation, kind, subresource }) =>
      operation === 'CREATE' && kind.plural === 'pods' && kind.group === '' && !subresource,
    admit({ object }) {
      const pod = object as Pod
      const found = classOf(pod)
      const overhead = found?.overhead?.podFixed
      if (overhead) {
        if (pod.spec.overhead && !sameAmounts(pod.spec.overhead, overhead)) {
          throw refuse(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
        }
        pod.spec.overhead = { ...overhead }
      }
      const { nodeSelector = {}, tolerations = [] } = found?.scheduling ?? {}
      const selector = { ...pod.spec.nodeSelector }
      for (const [key, value] of Object.entries(nodeSelector)) {
        if (selector[key] !== undefined && selector[key] !== value) {
          const theirs = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}`
          throw refuse(pod, `conflict: ${theirs}; pod.spec.nodeSelector[${key}] = ${selector[key]}`)
        }
        selector[key] = value
      }
      if (Object.keys(selector).length > 0) pod.spec.nodeSelector = selector
      const own = pod.spec.tolerations ?? []
      const more = tolerations.filter(toleration => !own.some(one => deepEqual(one, toleration)))
      if (more.length > 0) pod.spec.tolerations = [...own, ...structuredClone(more)]
    },
    validate({ object }) {
      const pod = object as Pod
      const overhead = classOf(pod)?.overhead?.podFixed
      if (pod.spec.overhead && !overhead) {
        throw refuse(pod, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
      }
      if (overhead && !sameAmounts(pod.spec.overhead ?? {}, overhead)) {
        throw refuse(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
      }
    },
  }
}

function sameAmounts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => b[name] !== undefined && compareQuantities(a[name]!, b[name]) === 0)
  )
}
