import { requireCluster } from '../../cluster/cluster-config.ts'
import { clusterStatus } from '../../cluster/status.ts'
import { table } from '../table.ts'

/** `tsukube status` */
export async function statusCommand({ name, output }: { name: string; output: string }): Promise<void> {
  requireCluster(name)
  const status = await clusterStatus(name)
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(status, null, 2)}\n`)
    return
  }
  process.stdout.write(`Cluster ${status.name}: ${status.state}, API server ${status.server}\n`)
  const rows = status.processes.map(({ role, node = '', pid }) => [role, node, String(pid)])
  if (rows.length > 0) process.stdout.write(table(['PROCESS', 'NODE', 'PID'], rows))
}
