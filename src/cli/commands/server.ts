import { ClusterFolder, requireCluster } from '../../cluster/cluster-config.ts'
import { runServer } from '../../cluster/server-process.ts'
import { endSignal, logLine } from '../service.ts'

/** `tsukube server`: the server process that `up` starts. */
export async function serverCommand({ name }: { name: string }): Promise<void> {
  requireCluster(name)
  await runServer(new ClusterFolder(name), endSignal(), logLine)
  process.exit(0)
}
