import { type EndpointAddress, type Endpoints, endpoints as endpointsKind } from '../api/core/endpoints.ts'
import { service as serviceKind } from '../api/core/service.ts'
import { type Endpoint, type EndpointSlice, endpointSlice } from '../api/discovery/endpointslice.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { controller, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { applySlices, removeSlice } from './endpoints/apply-slices.ts'
import { selectsPods } from './endpoints/service-pods.ts'
import { familyOf, type Group, groupKey } from './endpoints/slice-endpoints.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const OURS = 'endpointslicemirroring-controller.k8s.io'
const SKIP = 'endpointslice.kubernetes.io/skip-mirror'
const BY_ENDPOINTS = 'endpoints'
/** Annotations that are of no use on a copy. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
])
/** On Endpoints that stand for the leader of an election, as was done before there were Leases. */
const LEADER = 'control-plane.alpha.kubernetes.io/leader'

/**
 * Copies Endpoints that somebody keeps for a Service without selector into EndpointSlices, which is what proxies and DNS look at
 * (upstream pkg/controller/endpointslicemirroring).
 */
export const endpointSliceMirroringController = controller({
  name: 'endpointslicemirroring',
  eventSource: 'endpoint-slice-mirroring-controller',
  for: endpointsKind,
  watches: [
    watching(serviceKind, (object, previous) => [keyOf((object ?? previous)!)]),
    watching(endpointSlice, (object: EndpointSlice | undefined, previous: EndpointSlice | undefined) =>
      [object, previous].flatMap(slice => (slice && isOurs(slice) ? [endpointsOf(slice)] : [])),
    ),
  ],
  writes: [{ kind: endpointSlice as unknown as Kind, verbs: ['create', 'update', 'delete'] }],

  setup(context) {
    context.informer(endpointSlice).addIndex(BY_ENDPOINTS, slice => (isOurs(slice) ? [endpointsOf(slice)] : []))
  },

  async reconcile(object: Endpoints, context) {
    const groups = isMirrored(object, context) ? groupsOf(object) : new Map<string, Group>()
    const byGroup = new Map<string, EndpointSlice[]>()
    for (const slice of slicesOf(keyOf(object), context)) {
      const key = groupKey(slice.addressType, slice.ports)
      byGroup.set(key, [...(byGroup.get(key) ?? []), slice])
    }
    const gone = [...byGroup].filter(([key]) => !groups.has(key)).flatMap(([, slices]) => slices)
    await Promise.all(gone.map(slice => removeSlice(slice, context)))
    const meta = { owner: object, ...metaOf(object) }
    for (const [key, group] of groups) await applySlices(meta, group, byGroup.get(key) ?? [], context)
  },

  async deleted(key, context) {
    await Promise.all(slicesOf(key, context).map(slice => removeSlice(slice, context)))
  },
})

const isOurs = ({ metadata: { labels } }: EndpointSlice): boolean =>
  labels?.[MANAGED_BY] === OURS && labels[SERVICE_NAME] !== undefined
const endpointsOf = ({ metadata }: EndpointSlice) => `${metadata.namespace}/${metadata.labels![SERVICE_NAME]}`
const slicesOf = (key: string, { informer }: ReconcileContext) => informer(endpointSlice).byIndex(BY_ENDPOINTS, key)

function isMirrored(object: Endpoints, { informer }: ReconcileContext): boolean {
  const { labels, annotations, deletionTimestamp } = object.metadata
  if (deletionTimestamp || labels?.[SKIP] === 'true' || annotations?.[LEADER] !== undefined) return false
  const service = informer(serviceKind).get(keyOf(object))
  return service !== undefined && !selectsPods(service)
}

function metaOf({ metadata }: Endpoints) {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key))
  return {
    labels: { ...metadata.labels, [MANAGED_BY]: OURS, [SERVICE_NAME]: metadata.name! },
    annotations: Object.fromEntries(annotations),
  }
}

/** One group for each subset and kind of address. */
function groupsOf({ subsets = [] }: Endpoints): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const slicePorts = ports.map(({ name = '', port, protocol, appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol && { appProtocol }),
    }))
    const add = (address: EndpointAddress, ready: boolean) => {
      const family = familyOf(address.ip)
      const key = groupKey(family, slicePorts)
      const group = groups.get(key) ?? { family, ports: slicePorts, endpoints: [] }
      groups.set(key, group)
      group.endpoints.push(endpointOf(address, ready))
    }
    for (const address of addresses) add(address, true)
    for (const address of notReadyAddresses) add(address, false)
  }
  return groups
}

const endpointOf = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname && { hostname }),
  ...(nodeName && { nodeName }),
  ...(targetRef && { targetRef }),
})
