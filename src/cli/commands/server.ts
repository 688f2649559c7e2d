import { ClusterFolder, requireCluster } from '../../cluster/cluster-config.ts'
import { runServer } from '../../cluster/server-process.ts'
import { endSignal, logLine, untilItEnds } from '../service.ts'

/** `tsukube server`: the server process that `up` starts. */
export async function serverCommand({ name }: { name: string }): Promise<void> {
  requireCluster(name)
  await untilItEnds(runServer(new ClusterFolder(name), endSignal(), logLine))
}
