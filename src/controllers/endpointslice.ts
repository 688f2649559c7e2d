import { node } from '../api/core/node.ts'
import { pod } from '../api/core/pod.ts'
import { type Service, service } from '../api/core/service.ts'
import { type EndpointSlice, endpointSlice } from '../api/discovery/endpointslice.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { controller, type ReconcileContext, watching } from '../client/controller.ts'
import { applySlices, removeSlice } from './endpoints/apply-slices.ts'
import { indexByLabel, isHeadless, podsOf, selectsPods, servicesOf } from './endpoints/service-pods.ts'
import { groupKey, groupsOf } from './endpoints/slice-endpoints.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const HEADLESS = 'service.kubernetes.io/headless'
const OURS = 'endpointslice-controller.k8s.io'
const BY_SERVICE = 'service'

/** Keeps the EndpointSlices of Services that select pods (upstream pkg/controller/endpointslice). */
export const endpointSliceController = controller({
  name: 'endpointslice',
  eventSource: 'endpoint-slice-controller',
  for: service,
  watches: [
    watching(pod, servicesOf),
    watching(endpointSlice, (object: EndpointSlice | undefined, previous: EndpointSlice | undefined) =>
      [object, previous]
        .filter(isOurs)
        .map(({ metadata }) => `${metadata.namespace}/${metadata.labels![SERVICE_NAME]}`),
    ),
  ],
  reads: [node as unknown as Kind],
  writes: [{ kind: endpointSlice as unknown as Kind, verbs: ['create', 'update', 'delete'] }],

  setup(context) {
    indexByLabel(context)
    context
      .informer(endpointSlice)
      .addIndex(BY_SERVICE, slice =>
        isOurs(slice) ? [`${slice.metadata.namespace}/${slice.metadata.labels![SERVICE_NAME]}`] : [],
      )
  },

  async reconcile(object: Service, context) {
    if (!selectsPods(object) || object.metadata.deletionTimestamp) return
    const groups = groupsOf(object, podsOf(object, context), context)
    const existing = slicesOf(object, context)
    // A Service always has a slice, so that all can see it has no endpoints.
    if (groups.size === 0) groups.set(groupKey('IPv4', []), { family: 'IPv4', ports: [], endpoints: [] })
    const byGroup = new Map<string, EndpointSlice[]>()
    for (const slice of existing) {
      const key = groupKey(slice.addressType, slice.ports)
      byGroup.set(key, [...(byGroup.get(key) ?? []), slice])
    }
    for (const [key, slices] of byGroup) {
      if (!groups.has(key)) await Promise.all(slices.map(slice => removeSlice(slice, context)))
    }
    const labels = labelsFor(object)
    for (const [key, group] of groups)
      await applySlices({ owner: object, labels }, group, byGroup.get(key) ?? [], context)
  },
})

const isOurs = (slice: EndpointSlice | undefined): slice is EndpointSlice =>
  slice?.metadata.labels?.[MANAGED_BY] === OURS && slice.metadata.labels[SERVICE_NAME] !== undefined

const slicesOf = ({ metadata }: Service, context: ReconcileContext): EndpointSlice[] =>
  context.informer(endpointSlice).byIndex(BY_SERVICE, `${metadata.namespace}/${metadata.name}`)

function labelsFor(owner: Service): Record<string, string> {
  const { [HEADLESS]: _, ...own } = owner.metadata.labels ?? {}
  return {
    ...own,
    ...(isHeadless(owner) && { [HEADLESS]: '' }),
    [MANAGED_BY]: OURS,
    [SERVICE_NAME]: owner.metadata.name!,
  }
}
