import { namespace as namespaceKind } from '../../api/core/namespace.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { update } from '../registry/update.ts'
import type { ObjectSubresource, Target } from './subresource.ts'

interface Finalized extends KubeObject {
  spec?: { finalizers?: string[] }
}

/** PUT namespaces/NAME/finalize: takes names off spec.finalizers; the last one lets the namespace go. */
export const finalize: ObjectSubresource = {
  name: 'finalize',
  kind: namespaceKind as unknown as Kind,

  async update({ resource, name, context }: Target, body: KubeObject): Promise<KubeObject> {
    const wanted = (body as Finalized).spec?.finalizers ?? []
    const { entry } = await update(
      resource,
      '',
      name,
      old => {
        const { resourceVersion, uid } = body.metadata
        old.metadata = { ...old.metadata, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) }
        ;(old as Finalized).spec = { ...(old as Finalized).spec, finalizers: wanted }
        return old
      },
      context,
      { subresource: 'finalize', prepare: () => {} },
    )
    return resource.objectOf(entry)
  },
}
