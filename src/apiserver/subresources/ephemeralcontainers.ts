import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { invalid, notFound } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
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
        checkKept(pod, wanted)
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

function checkKept(pod: Pod, wanted: NonNullable<Pod['spec']['ephemeralContainers']>): void {
  const at = new At()
  const field = at.child('spec', 'ephemeralContainers')
  for (const old of pod.spec.ephemeralContainers ?? []) {
    const now = wanted.findIndex(c => c.name === old.name)
    if (now < 0) field.forbidden(`existing ephemeral containers ${JSON.stringify(old.name)} may not be removed\n`)
    else if (!deepEqual(wanted[now], old)) {
      field.forbidden(`existing ephemeral containers ${JSON.stringify(old.name)} may not be changed\n`)
    }
  }
  if (at.errors.length > 0) throw invalid(podKind, pod.metadata.name ?? '', at.errors)
}
