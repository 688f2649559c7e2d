import type { Service, ServicePort } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'
import type { IngressBackend } from '../../api/networking/ingress.ts'
import { candidatesOf, clusterWide } from '../proxy/endpoints.ts'

/** Where requests go. */
export interface Backend {
  /** Unique for the Service's port; made of what nginx takes as a word. */
  readonly name: string
  /** `address:port` of the Service, or of each pod of a headless one. */
  readonly servers: readonly string[]
  /** A name to look up again and again, instead of servers. */
  readonly external?: { readonly host: string; readonly port: number }
}

/** The part of the cluster that requests are sent to. Keys are `namespace/name`. */
export interface Backends {
  service(key: string): Service | undefined
  slices(key: string): readonly EndpointSlice[]
}

const HOST_NAME = /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?\.?$/

/** The backend of a path; undefined when nothing answers there: there is no such Service or port, or no endpoint is ready. */
export function backendOf(namespace: string, { service }: IngressBackend, cluster: Backends): Backend | undefined {
  const key = `${namespace}/${service?.name}`
  const object = service && cluster.service(key)
  if (!object) return undefined
  const { name: portName, number } = service.port ?? {}
  const port = object.spec.ports?.find(p => (portName ? p.name === portName : p.port === number))
  const { type, externalName = '', clusterIP } = object.spec
  if (type === 'ExternalName') {
    const host = externalName.replace(/\.$/, '')
    const external = { host, port: port?.port ?? number ?? 80 }
    return HOST_NAME.test(host) ? { name: nameOf(key, external.port), servers: [], external } : undefined
  }
  if (port?.protocol !== 'TCP') return undefined
  const servers = serversOf(clusterIP, port, cluster.slices(key))
  return servers.length > 0 ? { name: nameOf(key, port.port), servers } : undefined
}

function serversOf(clusterIP: string | undefined, port: ServicePort, slices: readonly EndpointSlice[]): string[] {
  const endpoints = clusterWide(candidatesOf(slices, port, ''), '')
  if (endpoints.length === 0) return []
  if (clusterIP === 'None') return endpoints.map(e => `${e.address}:${e.port}`)
  return clusterIP ? [`${clusterIP}:${port.port}`] : []
}

const nameOf = (key: string, port: number) => `${key.replace('/', '.')}.${port}`
