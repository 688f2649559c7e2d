import type { Pod } from '../../api/core/pod.ts'
import { type PriorityClass, priorityClass } from '../../api/scheduling/priorityclass.ts'
import { forbidden } from '../../apimachinery/errors.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

/** Turns a pod's priority class into a number (upstream plugin/priority). */
export function priority(server: ApiServer): AdmissionPlugin {
  const classes = server.resources.of(priorityClass).cacher
  return {
    name: 'Priority',
    handles: ({ operation, kind, subresource }) =>
      operation === 'CREATE' && kind.kind === 'Pod' && kind.group === '' && !subresource,
    admit({ object, kind }) {
      const pod = object as Pod
      const name = pod.spec.priorityClassName
      const chosen = name ? classes.get(name)?.object : defaultClass([...classes.values()].map(e => e.object))
      const refuse = (why: string) => forbidden(kind, pod.metadata.name ?? pod.metadata.generateName ?? '', why)
      if (name && !chosen) throw refuse(`no PriorityClass with name ${name} was found`)
      if (chosen) pod.spec.priorityClassName = chosen.metadata.name
      const value = chosen?.value ?? 0
      if (pod.spec.priority !== undefined && pod.spec.priority !== value) {
        throw refuse(
          `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
        )
      }
      pod.spec.priority = value
      pod.spec.preemptionPolicy ??= chosen?.preemptionPolicy ?? 'PreemptLowerPriority'
    },
  }
}

/** The class for pods that name none: of several global defaults the lowest. */
function defaultClass(classes: PriorityClass[]): PriorityClass | undefined {
  return classes.filter(c => c.globalDefault).sort((a, b) => a.value - b.value)[0]
}
