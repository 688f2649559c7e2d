import { type EndpointSlice, endpointSlice } from '../../api/discovery/endpointslice.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { controllerReference } from '../shared/pods.ts'
import { isNamespaceTerminating } from '../shared/replicas.ts'
import { planSlices } from './plan-slices.ts'
import type { Group } from './slice-endpoints.ts'

/** What all slices of an owner have. */
export interface SliceMeta {
  readonly owner: KubeObject
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Makes the slices of one group say what it says, with as few writes as can be. */
export async function applySlices(
  { owner, labels, annotations }: SliceMeta,
  group: Group,
  existing: readonly EndpointSlice[],
  context: ReconcileContext,
): Promise<void> {
  const { client } = context
  const plan = planSlices(group, existing)
  const relabel = plan.keep.filter(
    ({ metadata }) =>
      !deepEqual(metadata.labels, labels) || (annotations && !deepEqual(metadata.annotations ?? {}, annotations)),
  )
  const meta = { labels, ...(annotations && { annotations }) }
  const placeholder = group.endpoints.length === 0 ? plan.delete[0] : undefined
  const updates = [
    ...plan.update,
    ...relabel.map(slice => ({ slice, endpoints: slice.endpoints })),
    ...(placeholder && placeholder.endpoints.length > 0 ? [{ slice: placeholder, endpoints: [] }] : []),
  ]
  const creations = group.endpoints.length === 0 && existing.length === 0 ? [[]] : plan.create
  try {
    await Promise.all([
      ...creations.map(endpoints =>
        client.create(endpointSlice, {
          metadata: {
            generateName: `${owner.metadata.name}-`,
            namespace: owner.metadata.namespace,
            ...meta,
            ownerReferences: [controllerReference(owner)],
          },
          addressType: group.family,
          endpoints,
          ports: group.ports,
        }),
      ),
      ...updates.map(({ slice, endpoints }) =>
        client.update(endpointSlice, { ...slice, metadata: { ...slice.metadata, ...meta }, endpoints }),
      ),
      ...plan.delete.filter(slice => slice !== placeholder).map(slice => removeSlice(slice, context)),
    ])
  } catch (error) {
    if (!isNamespaceTerminating(error)) throw error
  }
}

export async function removeSlice({ metadata }: EndpointSlice, { client }: ReconcileContext): Promise<void> {
  try {
    await client.delete(endpointSlice, { metadata })
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
}
