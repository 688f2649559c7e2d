import type { PodTemplateSpec } from '../../api/core/pod/template.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'

/** Whether the pod counts for its owner: neither ended nor being deleted. */
export const isActive = ({ metadata, status }: Pod): boolean =>
  status.phase !== 'Succeeded' && status.phase !== 'Failed' && !metadata.deletionTimestamp

export const isFinished = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'

/** A pod's condition. Asked for every pod of a set at every change of one, hence the plain loop. */
export function conditionOf({ status: { conditions } }: Pod, type: string) {
  if (conditions) for (const condition of conditions) if (condition.type === type) return condition
  return undefined
}

export const isReady = (pod: Pod): boolean => conditionOf(pod, 'Ready')?.status === 'True'

/** When the pod counts as available (ms since the epoch): ready for `minReadySeconds`. Undefined while it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = conditionOf(pod, 'Ready')
  if (ready?.status !== 'True') return undefined
  if (minReadySeconds === 0) return 0
  return ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 : undefined
}

/** Milliseconds until the next of the pods becomes available by time alone; undefined when none will. */
export function untilNextAvailable(pods: Iterable<Pod>, minReadySeconds: number, now: number): number | undefined {
  let next: number | undefined
  for (const pod of pods) {
    const at = availableAt(pod, minReadySeconds)
    if (at !== undefined && at > now && (next === undefined || at < next)) next = at
  }
  return next === undefined ? undefined : next - now
}

/** The reference that makes an object the controller of another. */
export const controllerReference = ({ apiVersion, kind, metadata }: KubeObject) => ({
  apiVersion,
  kind,
  name: metadata.name!,
  uid: metadata.uid!,
  controller: true,
  blockOwnerDeletion: true,
})

/** The UID of the object that controls this one. */
export const controllerUid = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find(reference => reference.controller)?.uid

/** A new pod of an owner, made from its template; the server completes the name. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec) {
  const { labels, annotations, finalizers } = template.metadata
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      labels,
      annotations,
      finalizers,
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  }
}
