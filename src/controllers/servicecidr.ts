import { ipAddress } from '../api/networking/ipaddress.ts'
import { type ServiceCIDR, serviceCIDR } from '../api/networking/servicecidr.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { cidrContains } from '../apimachinery/validation/ip.ts'
import { controller, type ReconcileContext, watching } from '../client/controller.ts'

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'
const STILL_USED =
  'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'

/** Readies ranges of service addresses, and keeps those that are in use (upstream pkg/controller/servicecidrs). */
export const serviceCIDRController = controller({
  name: 'service-cidrs',
  for: serviceCIDR,
  watches: [
    watching(ipAddress, (object, _previous, { informer }) =>
      object
        ? []
        : informer(serviceCIDR)
            .list()
            .filter(isDeleted)
            .map(({ metadata }) => metadata.name!),
    ),
    watching(serviceCIDR, (_object, _previous, { informer }) =>
      informer(serviceCIDR)
        .list()
        .filter(isDeleted)
        .map(({ metadata }) => metadata.name!),
    ),
  ],
  writes: [
    { kind: serviceCIDR as unknown as Kind, verbs: ['update', 'patch'] },
    { kind: serviceCIDR as unknown as Kind, subresource: 'status', verbs: ['patch'] },
    { kind: serviceCIDR as unknown as Kind, subresource: 'finalizers', verbs: ['update'] },
  ],

  async reconcile(object: ServiceCIDR, context) {
    const { metadata } = object
    const finalizers = metadata.finalizers ?? []
    if (isDeleted(object)) {
      if (!finalizers.includes(FINALIZER)) return
      if (isNeeded(object, context)) await setReady(object, 'False', 'Terminating', STILL_USED, context)
      else
        await setFinalizers(
          object,
          finalizers.filter(name => name !== FINALIZER),
          context,
        )
      return
    }
    if (!finalizers.includes(FINALIZER)) await setFinalizers(object, [...finalizers, FINALIZER], context)
    await setReady(object, 'True', '', 'Kubernetes Service CIDR is ready', context)
  },
})

const isDeleted = ({ metadata }: ServiceCIDR): boolean => metadata.deletionTimestamp !== undefined

async function setFinalizers(
  { metadata: { name, resourceVersion } }: ServiceCIDR,
  finalizers: readonly string[],
  { client }: ReconcileContext,
): Promise<void> {
  await client.patch(serviceCIDR, { name }, 'merge', { metadata: { resourceVersion, finalizers } })
}

async function setReady(
  { metadata, status }: ServiceCIDR,
  value: string,
  reason: string,
  message: string,
  { client, clock }: ReconcileContext,
): Promise<void> {
  const before = status.conditions?.find(({ type }) => type === 'Ready')
  if (before?.status === value && before.message === message) return
  const condition = { type: 'Ready', status: value, reason, message, lastTransitionTime: rfc3339(clock.now()) }
  const patch = { status: { conditions: [condition] } }
  await client.patch(serviceCIDR, { name: metadata.name }, 'strategic', patch, { subresource: 'status' })
}

/** Whether an address of the range is taken that lies in no other range. */
function isNeeded(object: ServiceCIDR, { informer }: ReconcileContext): boolean {
  const others = informer(serviceCIDR)
    .list()
    .filter(other => !isDeleted(other) && other.metadata.uid !== object.metadata.uid)
    .flatMap(({ spec }) => spec.cidrs ?? [])
  return informer(ipAddress)
    .list()
    .some(({ metadata: { name = '' } }) => inAny(name, object.spec.cidrs ?? []) && !inAny(name, others))
}

const inAny = (address: string, cidrs: readonly string[]) => cidrs.some(cidr => cidrContains(cidr, address))
