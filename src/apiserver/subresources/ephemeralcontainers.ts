import { validateEphemeralContainersUpdate } from '../../api/core/pod/pod-update-rules.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { invalid, notFound } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { update } from '../registry/update.ts'
import type { ObjectSubresource, Target } from './subresource.ts'

/** GET, PUT and PATCH pods/NAME/ephemeralcontainers: adds debugging containers to a running pod; none may change or go. */
export const ephemeralContainers: ObjectSubresource = {
  name: 'ephemeralcontainers',
  kind: podKind as unknown as Kind,

  get({ resource, namespace, name }: Target): KubeObject {
    const entry = resource.cacher.get(resource.key(namespace, name))
    if (!entry) throw notFound(resource.kind, name)
    return entry.object
  },

  async update({ resource, namespace, name, context }: Target, body: KubeObject): Promise<KubeObject> {
    const wanted = (body as Pod).spec.ephemeralContainers ?? []
    const { entry } = await update(
      resource,
      namespace,
      name,
      object => {
        const pod = object as Pod
        const changed = { ...pod, spec: { ...pod.spec, ephemeralContainers: wanted } }
        const at = new At()
        validateEphemeralContainersUpdate(changed, pod, at)
        if (at.errors.length > 0) throw invalid(podKind, name, at.errors)
        pod.spec.ephemeralContainers = wanted
        if (body.metadata.resourceVersion) pod.metadata.resourceVersion = body.metadata.resourceVersion
        return pod
      },
      context,
      { subresource: 'ephemeralcontainers', prepare: () => {} },
    )
    return resource.objectOf(entry)
  },
}
