import type { Pod } from '../../api/core/pod.ts'
import { type PriorityClass, priorityClass } from '../../api/scheduling/priorityclass.ts'
import { SYSTEM_PRIORITIES } from '../../api/scheduling/priorityclass-rules.ts'
import { forbidden } from '../../apimachinery/errors.ts'
import { own } from '../../apimachinery/own.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

/** Turns a pod's priority class into a number, and keeps the classes in order (upstream plugin/priority). */
export function priority(server: ApiServer): AdmissionPlugin {
  const classes = server.resources.of(priorityClass).cacher
  return {
    name: 'Priority',
    handles: ({ operation, kind, subresource }) =>
      !subresource && (kind === priorityClass || (operation === 'CREATE' && kind.kind === 'Pod' && kind.group === '')),
    admit({ object, kind }) {
      if (kind === priorityClass) return
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
    validate({ operation, kind, name, object }) {
      if (kind !== priorityClass) return
      if (operation === 'DELETE') {
        if (own(SYSTEM_PRIORITIES, name) === undefined) return
        throw forbidden(kind, name, 'this is a system priority class and cannot be deleted')
      }
      const { metadata, globalDefault } = object as PriorityClass
      if (!globalDefault) return
      const other = defaultClass([...classes.values()].map(e => e.object))
      if (!other || (operation === 'UPDATE' && other.metadata.name === metadata.name)) return
      throw forbidden(
        kind,
        metadata.name ?? metadata.generateName ?? '',
        `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
      )
    },
  }
}

/** The class for pods that name none: of several global defaults the lowest. */
function defaultClass(classes: PriorityClass[]): PriorityClass | undefined {
  return classes.filter(c => c.globalDefault).sort((a, b) => a.value - b.value)[0]
}
