import { ipBatch } from './ip.ts'

/** A pod range and the address of the node that has it. */
interface PodRoute {
  podCidr: string
  via: string
}

/**
 * Routes pod ranges to their nodes (host-gw), inside a named network namespace or in this process's own. Existing routes
 * to the same ranges are replaced.
 */
export const addPodRoutes = (routes: readonly PodRoute[], namespace?: string): Promise<void> =>
  ipBatch(
    namespace,
    routes.map(({ podCidr, via }) => `route replace ${podCidr} via ${via}`),
  )

/** Takes routes to pod ranges out again; a range without a route is passed over. */
export const removePodRoutes = (podCidrs: readonly string[], namespace?: string): Promise<void> =>
  ipBatch(
    namespace,
    podCidrs.map(cidr => `route flush exact ${cidr}`),
  )
