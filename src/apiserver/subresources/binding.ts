import { type Binding, binding as bindingKind } from '../../api/core/binding.ts'
import type { Pod } from '../../api/core/pod.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { conflict, invalid } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { guaranteedUpdate } from '../registry/guaranteed-update.ts'
import type { ObjectSubresource, Target } from './subresource.ts'
import { success } from './success.ts'

/** POST pods/NAME/binding: the scheduler puts a pod on a node (upstream registry/core/pod/storage BindingREST). */
export const binding: ObjectSubresource = {
  name: 'binding',
  kind: bindingKind as unknown as Kind,

  async create({ resource, namespace, name, context, server }: Target, body: KubeObject): Promise<KubeObject> {
    const { target, metadata } = body as Binding
    const at = new At()
    if (target.kind && target.kind !== 'Node') at.child('target', 'kind').notSupported(target.kind, ['Node', '<empty>'])
    if (!target.name) at.child('target', 'name').required()
    if (at.errors.length > 0) throw invalid(bindingKind, name, at.errors)
    const assign = (old: KubeObject): Pod => {
      const pod = old as Pod
      if (metadata.uid && metadata.uid !== pod.metadata.uid) {
        throw conflict(
          resource.kind,
          name,
          `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`,
        )
      }
      if (pod.metadata.deletionTimestamp)
        throw conflict(resource.kind, name, `pod ${name} is being deleted, cannot be assigned to a host`)
      if (pod.spec.nodeName)
        throw conflict(
          resource.kind,
          name,
          `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
        )
      if (pod.spec.schedulingGates?.length)
        throw conflict(resource.kind, name, `pod ${name} has non-empty .spec.schedulingGates`)
      const annotations = { ...pod.metadata.annotations, ...metadata.annotations }
      return {
        ...pod,
        metadata: {
          ...pod.metadata,
          ...(Object.keys(annotations).length > 0 && { annotations }),
          // What the pod says itself counts more, as it may come from a template.
          ...(metadata.labels && { labels: { ...metadata.labels, ...pod.metadata.labels } }),
        },
        spec: { ...pod.spec, nodeName: target.name },
        status: scheduled(pod, server.clock.now()),
      } satisfies Pod
    }
    await guaranteedUpdate(resource, namespace, name, assign, context)
    return success()
  },
}

function scheduled({ status, metadata }: Pod, now: number): Pod['status'] {
  const others = (status.conditions ?? []).filter(c => c.type !== 'PodScheduled')
  const condition = {
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime: rfc3339(now),
    observedGeneration: metadata.generation,
  }
  return { ...status, conditions: [...others, condition] }
}
