import type { Service } from '../../api/core/service.ts'

const constant = (name: string) => name.toUpperCase().replaceAll('-', '_')

/** Address and port for a URL. */
const hostPort = (ip: string, port: number) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)

/** Environment variables by which a container finds a Service, besides DNS (upstream pkg/kubelet/envvars). */
export function serviceVariables({ metadata, spec }: Service): Record<string, string> {
  const ip = spec.clusterIP
  const ports = spec.ports ?? []
  if (!ip || ip === 'None' || ports.length === 0) return {}
  const name = constant(metadata.name ?? '')
  const first = ports[0]!
  const variables: Record<string, string> = {
    [`${name}_SERVICE_HOST`]: ip,
    [`${name}_SERVICE_PORT`]: String(first.port),
    [`${name}_PORT`]: `${first.protocol.toLowerCase()}://${hostPort(ip, first.port)}`,
  }
  for (const port of ports) {
    if (port.name) variables[`${name}_SERVICE_PORT_${constant(port.name)}`] = String(port.port)
    const prefix = `${name}_PORT_${port.port}_${port.protocol}`
    const protocol = port.protocol.toLowerCase()
    variables[prefix] = `${protocol}://${hostPort(ip, port.port)}`
    variables[`${prefix}_PROTO`] = protocol
    variables[`${prefix}_PORT`] = String(port.port)
    variables[`${prefix}_ADDR`] = ip
  }
  return variables
}

/**
 * The variables of all Services that containers in this namespace hear of: those of the namespace itself where the pod
 * wants them, and always the API server's.
 */
export function serviceEnvironment(services: readonly Service[], namespace: string, links: boolean) {
  const isMaster = ({ metadata }: Service) => metadata.namespace === 'default' && metadata.name === 'kubernetes'
  const wanted = services.filter(s => isMaster(s) || (links && s.metadata.namespace === namespace))
  // The namespace's own come last and so win over the API server's.
  wanted.sort((a, b) => Number(a.metadata.namespace === namespace) - Number(b.metadata.namespace === namespace))
  return Object.assign({}, ...wanted.map(serviceVariables)) as Record<string, string>
}
