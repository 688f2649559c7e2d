import { type Service, service as serviceKind } from '../api/core/service.ts'
import { type IPAddress, ipAddress } from '../api/networking/ipaddress.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { canonicalIP, ipFamily } from '../apimachinery/validation/ip.ts'
import { controller, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'

const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by'
const FAMILY = 'ipaddress.kubernetes.io/ip-family'
const OURS = 'ipallocator.k8s.io'
const BY_SERVICE = 'service'

/**
 * Keeps an IPAddress for each address of a Service, and takes it away with the Service (upstream's allocator makes them as it
 * gives addresses out, and registry/core/service/ipallocator/controller repairs them).
 */
export const ipAddressController = controller({
  name: 'ipallocator-repair',
  eventSource: 'ipallocator-repair-controller',
  for: serviceKind,
  watches: [watching(ipAddress, (object, previous) => [object, previous].flatMap(one => serviceOf(one) ?? []))],
  writes: [{ kind: ipAddress as unknown as Kind, verbs: ['create', 'delete'] }],

  setup(context) {
    context.informer(ipAddress).addIndex(BY_SERVICE, object => (isOurs(object) ? [serviceOf(object)!] : []))
  },

  async reconcile(object: Service, context) {
    const wanted = new Set((object.spec.clusterIPs ?? []).filter(ip => ip && ip !== 'None').map(canonicalIP))
    const { informer, client, events } = context
    await removeOthers(keyOf(object), wanted, context)
    for (const name of wanted) {
      const there = informer(ipAddress).get(name)
      const { namespace, name: service = '' } = object.metadata
      if (there) {
        if (serviceOf(there) === keyOf(object)) continue
        const message = `the ClusterIP [${ipFamily(name) === 6 ? 'IPv6' : 'IPv4'}]: ${name} for Service ${namespace}/${service} has a wrong reference; reconciling`
        events.warning(object, 'ClusterIPAlreadyAllocated', message)
        continue
      }
      await client
        .create(ipAddress, {
          metadata: { name, labels: { [FAMILY]: ipFamily(name) === 6 ? 'IPv6' : 'IPv4', [MANAGED_BY]: OURS } },
          spec: { parentRef: { resource: 'services', namespace, name: service } },
        })
        .catch(error => {
          if (!isReason(error, 'AlreadyExists')) throw error
        })
    }
  },

  deleted: (key, context) => removeOthers(key, new Set(), context),
})

const isOurs = (object: IPAddress): boolean =>
  object.metadata.labels?.[MANAGED_BY] === OURS && serviceOf(object) !== undefined

function serviceOf(object: IPAddress | undefined): string | undefined {
  const parent = object?.spec.parentRef
  return parent?.resource === 'services' && !parent.group ? `${parent.namespace}/${parent.name}` : undefined
}

/** Takes away the addresses of a Service that it no longer has. */
async function removeOthers(key: string, wanted: ReadonlySet<string>, context: ReconcileContext): Promise<void> {
  for (const { metadata } of context.informer(ipAddress).byIndex(BY_SERVICE, key)) {
    if (wanted.has(metadata.name!)) continue
    await context.client.delete(ipAddress, { metadata }).catch(error => {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    })
  }
}
