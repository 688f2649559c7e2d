import { service as serviceKind } from '../../api/core/service.ts'
import { ClusterFolder, requireCluster } from '../../cluster/cluster-config.ts'
import { withAdmin } from '../../cluster/node-access.ts'
import { table } from '../table.ts'

/** `tsukube service list` */
export async function serviceListCommand({ name, output }: { name: string; output: string }): Promise<void> {
  requireCluster(name)
  const { address } = new ClusterFolder(name).read()
  const { items } = await withAdmin(name, client => client.list(serviceKind))
  const services = items.map(({ metadata, spec }) => ({
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    ports: (spec.ports ?? []).map(p => `${p.name ? `${p.name}/` : ''}${p.port}`),
    urls: (spec.ports ?? []).flatMap(p =>
      p.nodePort && p.protocol === 'TCP' ? [`http://${address}:${p.nodePort}`] : [],
    ),
  }))
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(services, null, 2)}\n`)
    return
  }
  const rows = services.map(s => [s.namespace, s.name, s.ports.join(',') || '-', s.urls.join(' ') || 'no node port'])
  process.stdout.write(table(['NAMESPACE', 'NAME', 'PORTS', 'URL'], rows))
}
