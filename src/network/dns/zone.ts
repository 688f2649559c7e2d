import { isIPv4 } from 'node:net'
import type { Service } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'
import { SERVICE_NAME } from '../slices.ts'

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
  | {
      kind: 'answers'
      answers: Answer[]
      /** Addresses of the names in the answers. */
      additionals?: Answer[]
      /** The name that the answers end with, where only others can say what it is. */
      alias?: string
    }
  | { kind: 'no-data' }
  | { kind: 'no-name' }
  | { kind: 'elsewhere' }

const NO_DATA: Resolution = { kind: 'no-data' }
const NO_NAME: Resolution = { kind: 'no-name' }
/** So many ExternalName Services may lead to one another. */
const MAX_ALIASES = 8

/** Answers questions about a cluster's names, as the DNS specification for Kubernetes (version 1.1.0) has them. */
export class Zone {
  readonly #domain: string
  readonly #source: ZoneSource

  /** `domain` without dots around it, as `cluster.local`. */
  constructor(domain: string, source: ZoneSource) {
    this.#domain = domain
    this.#source = source
  }

  /** Answers a question. Names in answers are as they were asked for, in lower case. */
  resolve(question: string, type: string): Resolution {
    return this.#resolve(question, type, MAX_ALIASES)
  }

  #resolve(question: string, type: string, aliases: number): Resolution {
    const name = question.toLowerCase().replace(/\.$/, '')
    if (name.endsWith('.in-addr.arpa')) return this.#reverse(name, type)
    if (name !== this.#domain && !name.endsWith(`.${this.#domain}`)) return { kind: 'elsewhere' }
    if (name === this.#domain) return NO_DATA
    const labels = name.slice(0, -this.#domain.length - 1).split('.')
    const area = labels.pop()
    if (area === 'dns-version' && labels.length === 0) {
      return type === 'TXT' ? answers([{ name, type: 'TXT', ttl: 28_800, data: ['1.1.0'] }]) : NO_DATA
    }
    if (area === 'svc') return this.#service(name, labels, type, aliases)
    if (area === 'pod') return this.#pod(name, labels, type)
    return NO_NAME
  }

  #service(name: string, labels: string[], type: string, aliases: number): Resolution {
    if (labels.length === 0) return NO_DATA
    const namespace = labels.pop()!
    const service = labels.pop()
    if (service === undefined) return this.#source.namespaceExists(namespace) ? NO_DATA : NO_NAME
    const object = this.#source.service(namespace, service)
    if (!object) return NO_NAME
    if (labels.length === 0) return this.#ofService(name, object, type, aliases)
    if (labels.length === 1 && /^_(tcp|udp|sctp)$/.test(labels[0]!)) return NO_DATA
    if (labels.length === 1) return this.#endpoint(name, object, labels[0]!, type)
    const [port, protocol] = labels
    if (labels.length === 2 && port?.startsWith('_') && protocol?.startsWith('_')) {
      return this.#ports(name, object, port.slice(1), protocol.slice(1), type)
    }
    return NO_NAME
  }

  #ofService(name: string, service: Service, type: string, aliases: number): Resolution {
    const { spec } = service
    if (spec.type === 'ExternalName') return this.#alias(name, spec.externalName ?? '', type, aliases)
    if (type === 'SRV') return this.#ports(name, service, undefined, undefined, type)
    if (spec.clusterIP !== 'None')
      return type === 'A' && isIPv4(spec.clusterIP ?? '') ? answers([address(name, spec.clusterIP!)]) : NO_DATA
    const all = this.#endpoints(service)
    if (all.length === 0) return NO_NAME
    return type === 'A' ? answers([...new Set(all.map(e => e.address))].map(a => address(name, a))) : NO_DATA
  }

  /** An ExternalName Service: its other name, and what that stands for as far as it is known here. */
  #alias(name: string, target: string, type: string, aliases: number): Resolution {
    if (type !== 'A' && type !== 'AAAA' && type !== 'CNAME') return NO_DATA
    const alias = target.replace(/\.$/, '')
    const cname: Answer = { name, type: 'CNAME', ttl: TTL, data: alias }
    if (type === 'CNAME' || aliases === 0) return answers([cname])
    const further = this.#resolve(alias, type, aliases - 1)
    if (further.kind === 'elsewhere') return { kind: 'answers', answers: [cname], alias }
    if (further.kind !== 'answers') return answers([cname])
    return { ...further, answers: [cname, ...further.answers] }
  }

  /** One endpoint of a headless Service, by its host name or its address with dashes. */
  #endpoint(name: string, service: Service, host: string, type: string): Resolution {
    if (service.spec.clusterIP !== 'None') return NO_NAME
    const found = this.#endpoints(service).filter(e => e.host === host)
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
      return withAddresses(
        matching.map(p => srv(name, p.port, base)),
        isIPv4(service.spec.clusterIP ?? '') ? [address(base, service.spec.clusterIP!)] : [],
      )
    }
    const all = this.#endpoints(service)
    const found = matching.flatMap(p =>
      all.flatMap(e => {
        const number = e.ports.find(
          q => (q.name ?? '') === (p.name ?? '') && (q.protocol ?? 'TCP') === p.protocol,
        )?.port
        return number ? [{ number, host: `${e.host}.${base}`, address: e.address }] : []
      }),
    )
    return withAddresses(
      found.map(f => srv(name, f.number, f.host)),
      [...new Map(found.map(f => [`${f.host} ${f.address}`, address(f.host, f.address)])).values()],
    )
  }

  #endpoints({ metadata: { namespace = '', name = '' } }: Service) {
    return this.#source.slices(namespace, name).flatMap(slice =>
      slice.addressType !== 'IPv4'
        ? []
        : (slice.endpoints ?? [])
            .filter(e => e.conditions?.ready !== false)
            .flatMap(e =>
              e.addresses.map(a => ({
                address: a,
                host: e.hostname?.toLowerCase() || a.replaceAll('.', '-'),
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
    if (host!.includes('.') || !isIPv4(dotted)) return NO_NAME
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
      return (slice.endpoints ?? [])
        .filter(e => e.addresses.includes(dotted))
        .map(
          e => `${e.hostname || dotted.replaceAll('.', '-')}.${owner}.${slice.metadata.namespace}.svc.${this.#domain}`,
        )
    })
    if (names.length === 0) return { kind: 'elsewhere' }
    return type === 'PTR' ? answers(names.map(pointer)) : NO_DATA
  }
}

const answers = (list: Answer[]): Resolution => (list.length > 0 ? { kind: 'answers', answers: list } : NO_DATA)
/** At most so many addresses are added to an answer that is about something else. */
const MAX_ADDITIONALS = 32
const withAddresses = (list: Answer[], additionals: Answer[]): Resolution =>
  list.length > 0 ? { kind: 'answers', answers: list, additionals: additionals.slice(0, MAX_ADDITIONALS) } : NO_DATA
const address = (name: string, data: string): Answer => ({ name, type: 'A', ttl: TTL, data })
const srv = (name: string, port: number, target: string): Answer => ({
  name,
  type: 'SRV',
  ttl: TTL,
  data: { priority: 0, weight: 100, port, target },
})
