import { type Service, service as serviceKind } from '../../api/core/service.ts'
import { type IPAddress, ipAddress } from '../../api/networking/ipaddress.ts'
import { serviceCIDR } from '../../api/networking/servicecidr.ts'
import { invalid, StatusError } from '../../apimachinery/errors.ts'
import { At } from '../../apimachinery/validation/at.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'
import type { ApiServer } from '../apiserver.ts'
import { AddressRanges, toAddress, toNumber } from './address-ranges.ts'
import { Pool } from './pool.ts'

export interface ServiceRanges {
  /** The range of ClusterIPs, as `10.96.0.0/16`. */
  readonly clusterIPs: string
  /** First and last node port. */
  readonly nodePorts: readonly [number, number]
}

/** A number taken for a write that never happened is free again after this long. */
const RESERVATION_MS = 30_000

/** Gives Services their ClusterIPs and node ports (upstream registry/core/service/ipallocator and portallocator). */
export class ServiceAllocator implements AdmissionPlugin {
  readonly name = 'ServiceAllocator'
  readonly #server: ApiServer
  readonly #ranges: ServiceRanges
  readonly #ips: AddressRanges
  readonly #ports: Pool

  constructor(server: ApiServer, ranges: ServiceRanges) {
    this.#server = server
    this.#ranges = ranges
    this.#ips = new AddressRanges(server.random)
    this.#ports = new Pool(ranges.nodePorts[0], ranges.nodePorts[1] - ranges.nodePorts[0] + 1, server.random)
    const { cacher } = server.resources.of(serviceKind)
    for (const { object } of cacher.values()) this.#claim(object)
    cacher.listen(({ type, entry, previous }) => {
      if (previous) this.#release(previous.object, type === 'DELETED' ? undefined : entry.object)
      if (type !== 'DELETED') this.#claim(entry.object)
    })
    this.#followRanges()
    this.#followAddresses()
  }

  /** Further ranges come from ServiceCIDRs, as long as these are ready and not on their way out. */
  #followRanges(): void {
    const { cacher } = this.#server.resources.of(serviceCIDR)
    const use = () => {
      const usable = [...cacher.values()].flatMap(({ object: { metadata, spec, status } }) =>
        !metadata.deletionTimestamp && status.conditions?.some(c => c.type === 'Ready' && c.status === 'True')
          ? (spec.cidrs ?? [])
          : [],
      )
      this.#ips.use([...new Set([this.#ranges.clusterIPs, ...usable.filter(cidr => !cidr.includes(':'))])])
    }
    use()
    cacher.listen(use)
  }

  /** Addresses that others have, by IPAddress objects, are not given away. */
  #followAddresses(): void {
    const { cacher } = this.#server.resources.of(ipAddress)
    const change = (object: IPAddress, present: boolean) => {
      const { name = '' } = object.metadata
      if (name.includes(':')) return
      if (present) this.#ips.take(toNumber(name), holderOf(object))
      else this.#ips.release(toNumber(name), holderOf(object))
    }
    for (const { object } of cacher.values()) change(object, true)
    cacher.listen(({ type, entry, previous }) => {
      if (previous) change(previous.object, false)
      if (type !== 'DELETED') change(entry.object, true)
      // Its Service may have it still.
      const holder = previous && this.#server.resources.of(serviceKind).cacher.get(holderOf(previous.object))
      if (type === 'DELETED' && holder) this.#claim(holder.object)
    })
  }

  handles({ kind, operation, subresource }: Parameters<AdmissionPlugin['handles']>[0]): boolean {
    return (
      kind.kind === 'Service' && kind.group === '' && !subresource && (operation === 'CREATE' || operation === 'UPDATE')
    )
  }

  admit({ object, oldObject, name, namespace }: Parameters<NonNullable<AdmissionPlugin['admit']>>[0]): void {
    const service = object as Service
    const old = oldObject as Service | undefined
    const owner = `${namespace}/${name || service.metadata.name || service.metadata.generateName}`
    const at = new At()
    const taken: (() => void)[] = []
    if (service.spec.type !== 'ExternalName') this.#giveAddress(service, old, owner, at, taken)
    if (needsNodePorts(service)) this.#givePorts(service, old, owner, at, taken)
    if (at.errors.length > 0) {
      for (const undo of taken) undo()
      throw invalid(serviceKind, service.metadata.name ?? '', at.errors)
    }
    this.#server.clock.timer(RESERVATION_MS, () => this.#dropUnused(owner, taken))
  }

  #giveAddress(service: Service, old: Service | undefined, owner: string, at: At, taken: (() => void)[]): void {
    const { spec } = service
    if (old?.spec.clusterIP && !spec.clusterIP) spec.clusterIP = old.spec.clusterIP
    if (spec.clusterIP === 'None') {
      spec.clusterIPs = ['None']
      setFamilies(service)
      return
    }
    if (spec.clusterIP) {
      const number = toNumber(spec.clusterIP)
      const field = at.child('spec', 'clusterIPs')
      const failed = `failed to allocate IP ${spec.clusterIP}: `
      if (!this.#ips.contains(number)) {
        const why = `the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is ${this.#ips.cidrs}`
        field.invalid([spec.clusterIP], failed + why)
        return
      }
      const fresh = this.#ips.ownerOf(number) === undefined
      if (!this.#ips.take(number, owner)) field.invalid([spec.clusterIP], `${failed}provided IP is already allocated`)
      else if (fresh) taken.push(() => this.#ips.release(number, owner))
    } else {
      const number = this.#ips.takeAny(owner)
      if (number === undefined) throw exhausted('range is full', service)
      taken.push(() => this.#ips.release(number, owner))
      spec.clusterIP = toAddress(number)
    }
    spec.clusterIPs = [spec.clusterIP]
    setFamilies(service)
  }

  #givePorts(service: Service, old: Service | undefined, owner: string, at: At, taken: (() => void)[]): void {
    const { ports = [], type } = service.spec
    const wantsAny = type === 'NodePort' || service.spec.allocateLoadBalancerNodePorts !== false
    for (const [i, port] of ports.entries()) {
      if (!port.nodePort) {
        const before = old?.spec.ports?.find(
          p => p.port === port.port && p.protocol === port.protocol && needsNodePorts(old),
        )
        if (before?.nodePort && !ports.some(p => p.nodePort === before.nodePort)) port.nodePort = before.nodePort
      }
      const field = at.child('spec', 'ports').index(i).child('nodePort')
      if (port.nodePort) this.#takePort(port.nodePort, owner, field, taken)
      else if (wantsAny) {
        // The same number serves TCP and UDP of one port, as upstream lets it.
        const twin = ports.find(p => p !== port && p.port === port.port && p.protocol !== port.protocol && p.nodePort)
        const number = twin?.nodePort ?? this.#ports.takeAny(owner)
        if (number === undefined) throw exhausted('failed to allocate a nodePort: range is full', service)
        if (!twin) taken.push(() => this.#ports.release(number, owner))
        port.nodePort = number
      }
    }
  }

  #takePort(number: number, owner: string, field: At, taken: (() => void)[]): void {
    const [first, last] = this.#ranges.nodePorts
    if (!this.#ports.contains(number)) {
      field.invalid(number, `provided port is not in the valid range. The range of valid ports is ${first}-${last}`)
      return
    }
    const fresh = this.#ports.ownerOf(number) === undefined
    if (!this.#ports.take(number, owner)) field.invalid(number, 'provided port is already allocated')
    else if (fresh) taken.push(() => this.#ports.release(number, owner))
  }

  #claim(service: Service): void {
    const owner = ownerOf(service)
    for (const ip of addressesOf(service)) this.#ips.take(ip, owner)
    for (const port of portsOf(service)) this.#ports.take(port, owner)
  }

  #release(old: Service, now: Service | undefined): void {
    const owner = ownerOf(old)
    const kept = { ips: now ? addressesOf(now) : [], ports: now ? portsOf(now) : [] }
    for (const ip of addressesOf(old)) if (!kept.ips.includes(ip)) this.#ips.release(ip, owner)
    for (const port of portsOf(old)) if (!kept.ports.includes(port)) this.#ports.release(port, owner)
  }

  /** Frees what was taken for a write that failed afterwards, unless the Service uses it after all. */
  #dropUnused(owner: string, taken: (() => void)[]): void {
    for (const undo of taken) undo()
    const entry = this.#server.resources.of(serviceKind).cacher.get(owner)
    if (entry) this.#claim(entry.object)
  }
}

/** Whose an address is; a Service by its key, as everywhere here. */
function holderOf({ spec: { parentRef } }: IPAddress): string {
  const { group, resource, namespace, name } = parentRef
  const key = `${namespace}/${name}`
  return resource === 'services' && !group ? key : `${group ?? ''}/${resource} ${key}`
}

const ownerOf = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`
const addressesOf = ({ spec }: Service): number[] =>
  (spec.clusterIPs ?? []).filter(ip => /^\d+\./.test(ip)).map(toNumber)
const portsOf = ({ spec }: Service): number[] => (spec.ports ?? []).map(p => p.nodePort ?? 0).filter(Boolean)
const needsNodePorts = ({ spec }: Service) => spec.type === 'NodePort' || spec.type === 'LoadBalancer'

function setFamilies({ spec }: Service): void {
  spec.ipFamilies ??= ['IPv4']
  spec.ipFamilyPolicy ??= 'SingleStack'
}

const exhausted = (why: string, service: Service) =>
  new StatusError(
    500,
    'InternalError',
    `Internal error occurred: failed to allocate for service ${service.metadata.name}: ${why}`,
  )
