import type { Service } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'

/** Seconds an answer may be kept. */
export const TTL = 5

export interface Answer {
  readonly name: string
  readonly type: 'A' | 'CNAME' | 'SRV' | 'PTR' | 'SOA' | 'TXT'
  readonly ttl: number
  readonly data: unknown
}

/** What the zone looks its records up in. */
export interface ZoneSource {
  service(namespace: string, name: string): Service | undefined
  slices(namespace: string, service: string): EndpointSlice[]
  namespaceExists(name: string): boolean
  serviceByAddress(address: string): Service | undefined
  /** Slices of headless Services that hold this address. */
  slicesByAddress(address: string): EndpointSlice[]
}

export type Resolution =
  | { kind: 'answers'; answers: Answer[] }
  | { kind: 'no-data' }
  | { kind: 'no-name' }
  | { kind: 'elsewhere' }

const NO_DATA: Resolution = { kind: 'no-data' }
const NO_NAME: Resolution = { kind: 'no-name' }
const SERVICE_NAME = 'kubernetes.io/service-name'

/** Answers questions about a cluster's names, as the DNS specification for Kubernetes (version 1.1.0) has them. */
export class Zone {
  readonly #domain: string
  readonly #source: ZoneSource

  /** `domain` without dots around it, as `cluster.local`. */
  constructor(domain: string, source: ZoneSource) {
    this.#domain = domain
    this.#source = source
  }

  resolve(question: string, type: string): Resolution {
    const name = question.toLowerCase().replace(/\.$/, '')
    if (name.endsWith('.in-addr.arpa')) return this.#reverse(name, type)
    if (name !== this.#domain && !name.endsWith(`.${this.#domain}`)) return { kind: 'elsewhere' }
    if (name === this.#domain) return NO_DATA
    const labels = name.slice(0, -this.#domain.length - 1).split('.')
    const area = labels.pop()
    if (area === 'dns-version' && labels.length === 0) {
      return type === 'TXT' ? answers([{ name, type: 'TXT', ttl: 28_800, data: ['1.1.0'] }]) : NO_DATA
    }
    if (area === 'svc') return this.#service(name, labels, type)
    if (area === 'pod') return this.#pod(name, labels, type)
    return NO_NAME
  }

  #service(name: string, labels: string[], type: string): Resolution {
    if (labels.length === 0) return NO_DATA
    const namespace = labels.pop()!
    const service = labels.pop()
    if (service === undefined) return this.#source.namespaceExists(namespace) ? NO_DATA : NO_NAME
    const object = this.#source.service(namespace, service)
    if (!object) return NO_NAME
    if (labels.length === 0) return this.#ofService(name, object, namespace, service, type)
    if (labels.length === 1) return this.#endpoint(name, object, labels[0]!, type)
    const [port, protocol] = labels
    if (labels.length === 2 && port?.startsWith('_') && protocol?.startsWith('_')) {
      return this.#ports(name, object, port.slice(1), protocol.slice(1), type)
    }
    return NO_NAME
  }

  #ofService(name: string, service: Service, namespace: string, own: string, type: string): Resolution {
    const { spec } = service
    if (spec.type === 'ExternalName') {
      const { externalName = '' } = spec
      if (type !== 'A' && type !== 'AAAA' && type !== 'CNAME') return NO_DATA
      const cname: Answer = { name, type: 'CNAME', ttl: TTL, data: externalName }
      const further = externalName.toLowerCase() === name ? NO_DATA : this.resolve(externalName, type)
      return answers([cname, ...(further.kind === 'answers' ? further.answers : [])])
    }
    if (type === 'SRV') return this.#ports(name, service, undefined, undefined, type)
    if (spec.clusterIP && spec.clusterIP !== 'None')
      return type === 'A' ? answers([address(name, spec.clusterIP)]) : NO_DATA
    const all = this.#endpoints(namespace, own)
    if (all.length === 0) return NO_NAME
    return type === 'A' ? answers([...new Set(all.map(e => e.address))].map(a => address(name, a))) : NO_DATA
  }

  /** One endpoint of a headless Service, by its host name or its address with dashes. */
  #endpoint(name: string, service: Service, host: string, type: string): Resolution {
    const { namespace = '', name: own = '' } = service.metadata
    if (service.spec.clusterIP !== 'None') return NO_NAME
    const found = this.#endpoints(namespace, own).filter(e => e.host === host)
    if (found.length === 0) return NO_NAME
    return type === 'A' ? answers(found.map(e => address(name, e.address))) : NO_DATA
  }

  #ports(
    name: string,
    service: Service,
    port: string | undefined,
    protocol: string | undefined,
    type: string,
  ): Resolution {
    const { namespace = '', name: own = '' } = service.metadata
    const base = `${own}.${namespace}.svc.${this.#domain}`
    const matching = (service.spec.ports ?? []).filter(
      p =>
        (port === undefined || p.name?.toLowerCase() === port) &&
        (protocol === undefined || p.protocol.toLowerCase() === protocol),
    )
    if (matching.length === 0) return port === undefined ? NO_DATA : NO_NAME
    if (type !== 'SRV') return NO_DATA
    if (service.spec.clusterIP !== 'None') {
      return answers(matching.map(p => srv(name, p.port, base)))
    }
    const all = this.#endpoints(namespace, own)
    return answers(
      matching.flatMap(p =>
        all.flatMap(e => {
          const number = e.ports.find(q => (q.name ?? '') === (p.name ?? ''))?.port
          return number ? [srv(name, number, `${e.host}.${base}`)] : []
        }),
      ),
    )
  }

  #endpoints(namespace: string, service: string) {
    return this.#source.slices(namespace, service).flatMap(slice =>
      slice.addressType !== 'IPv4'
        ? []
        : slice.endpoints
            .filter(e => e.conditions?.ready !== false)
            .flatMap(e =>
              e.addresses.map(a => ({
                address: a,
                host: e.hostname ?? a.replaceAll('.', '-'),
                ports: slice.ports ?? [],
              })),
            ),
    )
  }

  /** `10-244-0-5.default.pod`: the address it spells. */
  #pod(name: string, labels: string[], type: string): Resolution {
    if (labels.length < 2) return labels.length === 1 && this.#source.namespaceExists(labels[0]!) ? NO_DATA : NO_NAME
    const [host, namespace] = labels
    if (labels.length > 2 || !this.#source.namespaceExists(namespace!)) return NO_NAME
    const dotted = host!.replaceAll('-', '.')
    if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(dotted)) return NO_NAME
    return type === 'A' ? answers([address(name, dotted)]) : NO_DATA
  }

  #reverse(name: string, type: string): Resolution {
    const dotted = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.')
    const service = this.#source.serviceByAddress(dotted)
    const pointer = (data: string): Answer => ({ name, type: 'PTR', ttl: TTL, data })
    if (service) {
      const { name: own, namespace } = service.metadata
      return type === 'PTR' ? answers([pointer(`${own}.${namespace}.svc.${this.#domain}`)]) : NO_DATA
    }
    const names = this.#source.slicesByAddress(dotted).flatMap(slice => {
      const owner = slice.metadata.labels?.[SERVICE_NAME]
      return slice.endpoints
        .filter(e => e.addresses.includes(dotted))
        .map(
          e => `${e.hostname ?? dotted.replaceAll('.', '-')}.${owner}.${slice.metadata.namespace}.svc.${this.#domain}`,
        )
    })
    if (names.length === 0) return { kind: 'elsewhere' }
    return type === 'PTR' ? answers(names.map(pointer)) : NO_DATA
  }
}

const answers = (list: Answer[]): Resolution => (list.length > 0 ? { kind: 'answers', answers: list } : NO_DATA)
const address = (name: string, data: string): Answer => ({ name, type: 'A', ttl: TTL, data })
const srv = (name: string, port: number, target: string): Answer => ({
  name,
  type: 'SRV',
  ttl: TTL,
  data: { priority: 0, weight: 100, port, target },
})
