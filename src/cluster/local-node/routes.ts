import { run } from '../system/run.ts'

/** A pod range and the address of the node that has it. */
export interface PodRoute {
  podCidr: string
  via: string
}

/** Routes pod ranges to their nodes from inside a network namespace (host-gw). Routes that are there already stay. */
export async function addPodRoutes(namespace: string, routes: readonly PodRoute[]): Promise<void> {
  if (routes.length === 0) return
  const input = routes.map(({ podCidr, via }) => `route replace ${podCidr} via ${via}\n`).join('')
  await run('ip', ['-n', namespace, '-batch', '-'], { input })
}

/** Takes routes to pod ranges out again; a range without a route is passed over. */
export async function removePodRoutes(namespace: string, podCidrs: readonly string[]): Promise<void> {
  if (podCidrs.length === 0) return
  const input = podCidrs.map(cidr => `route flush exact ${cidr}\n`).join('')
  await run('ip', ['-n', namespace, '-batch', '-'], { input })
}
