import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ControlPlaneFlags } from '../../cluster/control-plane-flags.ts'
import { nodesText, up } from '../../cluster/up.ts'
import { Progress } from '../progress.ts'

/** `tsukube up` */
export async function upCommand(
  options: {
    name: string
    nodes?: number
    hollowNodes?: number
    port?: number
  } & ControlPlaneFlags,
): Promise<void> {
  const { name, nodes, hollowNodes, port, ...flags } = options
  const progress = new Progress()
  const { config, context, hollowBecause, starting } = await up({
    name,
    nodes,
    hollowNodes,
    port,
    flags,
    progress: line => progress.step(line),
  }).finally(() => progress.end())
  process.stdout.write(
    `Cluster ${config.name} is up: https://${config.address}:${config.port}, ${nodesText(config)}.\n`,
  )
  if (hollowBecause) process.stdout.write(`Its nodes are hollow, and pods run on them in name only: ${hollowBecause}\n`)
  else if (config.nodes + config.hollowNodes === 0) {
    const more = `tsukube up${config.name === 'tsukube' ? '' : ` --name ${config.name}`} --nodes 1`
    process.stdout.write(`The API works, but pods stay Pending: there is no node to run them. For one: ${more}\n`)
  }
  if (starting.length > 0) process.stdout.write(`Still starting: ${listOf(starting)}.\n`)
  process.stdout.write(`kubectl now uses it (context ${context}).\n`)
  if (!isOnPath('kubectl')) {
    process.stdout.write(
      'There is no kubectl on this machine; on Debian and Ubuntu: apt-get install kubernetes-client\n',
    )
  }
}

/** The first names of a list, and how many more there are. */
function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more pods` : shown
}

/** Whether a program can be called by its name. */
const isOnPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(path.delimiter).some(folder => existsSync(path.join(folder, program)))
