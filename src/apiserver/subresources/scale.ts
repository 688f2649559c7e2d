import { type Scale, scale as scaleKind } from '../../api/autoscaling/scale.ts'
import { conflict, internalError, invalid, modified, notFound } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject, ScalePaths } from '../../apimachinery/schema/kind.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { update as updateObject } from '../registry/update.ts'
import type { ObjectSubresource, Target } from './subresource.ts'

/** GET, PUT and PATCH of /scale: the replica count of anything that has one, as autoscaling/v1 Scale. */
export const scale: ObjectSubresource = {
  name: 'scale',
  kind: scaleKind as unknown as Kind,

  get({ resource, namespace, name }: Target): Scale {
    const entry = resource.cacher.get(resource.key(namespace, name))
    if (!entry) throw notFound(resource.kind, name)
    const object = resource.objectOf(entry)
    const paths = pathsOf(resource.kind)
    if (resource.kind.custom && read(object, paths.specReplicas) === undefined) {
      throw internalError(`the spec replicas field ${JSON.stringify(paths.specReplicas)} does not exist`)
    }
    return scaleOf(object, paths)
  },

  async update({ resource, namespace, name, context }: Target, body: KubeObject): Promise<Scale> {
    const paths = pathsOf(resource.kind)
    const wanted = body as Scale
    const { entry } = await updateObject(
      resource,
      namespace,
      name,
      old => {
        const { resourceVersion, uid } = wanted.metadata
        if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw modified(resource.kind, name)
        if (uid && uid !== old.metadata.uid) throw otherUid(resource.kind, name, uid, old.metadata.uid)
        if (resourceVersion === undefined) delete old.metadata.resourceVersion
        write(old, paths.specReplicas, wanted.spec.replicas ?? 0)
        return old
      },
      context,
      {
        subresource: 'scale',
        shown: {
          kind: scaleKind as unknown as Kind,
          of: object => scaleOf(object, paths),
          into: (object, shown) => write(object, paths.specReplicas, replicasOf(shown as Scale, name)),
        },
        // A custom resource's own schema may set limits to the replicas.
        ...(!resource.kind.custom && { prepare: (object, old) => resource.kind.prepareForUpdate?.(object, old) }),
      },
    )
    return scaleOf(resource.objectOf(entry), paths)
  },
}

/** How many a Scale asks for. Throws 422 where that cannot be. */
function replicasOf({ spec: { replicas = 0 } }: Scale, name: string): number {
  const at = new At()
  if (replicas < 0) at.child('spec', 'replicas').invalid(replicas, 'must be greater than or equal to 0')
  if (at.errors.length > 0) throw invalid(scaleKind, name, at.errors)
  return replicas
}

function otherUid({ group, plural }: Kind, name: string, wanted: string, found: string | undefined) {
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`
  return conflict({ group, plural: `${plural}/scale` }, name, why)
}

function pathsOf(kind: Kind): ScalePaths<KubeObject> {
  const paths = kind.subresources?.scale
  if (!paths) throw new Error(`${kind.kind} cannot be scaled`)
  return paths
}

function scaleOf(object: KubeObject, paths: ScalePaths<KubeObject>): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: Number(read(object, paths.specReplicas) ?? 0) },
    status: { replicas: Number(read(object, paths.statusReplicas) ?? 0), selector: paths.selector(object) },
  }
}

function read(object: object, path: string): unknown {
  let value: unknown = object
  for (const step of path.split('.').filter(Boolean)) value = (value as Record<string, unknown> | undefined)?.[step]
  return value
}

function write(object: object, path: string, value: unknown): void {
  const steps = path.split('.').filter(Boolean)
  let at = object as Record<string, unknown>
  for (const step of steps.slice(0, -1)) {
    at[step] ??= {}
    at = at[step] as Record<string, unknown>
  }
  at[steps[steps.length - 1]!] = value
}
