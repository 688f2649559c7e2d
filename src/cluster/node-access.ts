import { existsSync } from 'node:fs'
import { MachineError } from '../apimachinery/machine-error.ts'
import { Client } from '../client/client.ts'
import { HttpTransport } from '../client/http-transport.ts'
import { nodeName, requireCluster } from './cluster-config.ts'
import { CRI_SOCKET, nodeFiles } from './local-node/names.ts'
import { readIdentity } from './local-node/node-end.ts'
import { isRunning } from './local-node/process.ts'
import { runningServer } from './processes.ts'
import { adminAccess } from './server-process.ts'
import { canRunContainers } from './system/packages.ts'

/** Container runtimes' sockets of a cluster's running nodes, by node, as this process reaches them. */
export async function criSockets(cluster: string): Promise<Map<string, string>> {
  const folder = requireCluster(cluster)
  const config = folder.read()
  const sockets = new Map<string, string>()
  for (let i = 0; i < config.nodes; i++) {
    const node = nodeName(config, i)
    const file = nodeFiles(folder.node(node)).initPid
    const init = existsSync(file) ? await readIdentity(file) : undefined
    if (init && isRunning(init)) sockets.set(node, `/proc/${init.pid}/root${CRI_SOCKET}`)
  }
  if (sockets.size > 0) return sockets
  const cannot = (why: string, todo: string) =>
    new MachineError(`Cluster ${cluster} has no running node with containers`, why, todo)
  if (config.nodes > 0) throw cannot('it is stopped', `Start it: tsukube up --name ${cluster}`)
  const { ok, why, whatToDo } = canRunContainers()
  const giveOne = `tsukube up --name ${cluster} --nodes 1`
  throw ok ? cannot('it was made without one', `Give it one: ${giveOne}`) : cannot(why, `${whatToDo}, then: ${giveOne}`)
}

/** Runs something with an administrator's client of a running cluster. */
export async function withAdmin<T>(cluster: string, use: (client: Client) => Promise<T>): Promise<T> {
  const folder = requireCluster(cluster)
  if (!runningServer(folder)) {
    throw new MachineError(
      `Cluster ${cluster} cannot be asked`,
      'it is stopped',
      `Start it: tsukube up --name ${cluster}`,
    )
  }
  const transport = new HttpTransport(await adminAccess(folder, folder.read()))
  try {
    return await use(new Client(transport))
  } finally {
    await transport.close()
  }
}
