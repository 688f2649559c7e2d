import { type Node, node } from '../api/core/node.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, type ReconcileContext } from '../client/controller.ts'

/** Bits of a node's part of the range: 256 addresses each (upstream --node-cidr-mask-size-ipv4). */
const NODE_MASK = 24

/** Gives nodes without one their part of the pod network (upstream pkg/controller/nodeipam). `range`: as 10.244.0.0/16. */
export const nodeIpamController = (range: string): Controller =>
  controller({
    name: 'node-ipam',
    for: node,
    writes: [{ kind: node as unknown as Kind, verbs: ['patch'] }],
    // One at a time, so that no two nodes are given the same part.
    workers: 1,

    async reconcile({ spec, metadata }: Node, context): Promise<void> {
      if (spec.podCIDR || metadata.deletionTimestamp) return
      const free = freePart(range, usedParts(context))
      if (!free) {
        context.events.normal(
          await context.client.get(node, metadata),
          'CIDRNotAvailable',
          `Node ${metadata.name} status is now: CIDRNotAvailable`,
        )
        return
      }
      await context.client.patch(node, metadata, 'merge', { spec: { podCIDR: free, podCIDRs: [free] } })
    },
  })

const usedParts = ({ informer }: ReconcileContext): ReadonlySet<string> =>
  new Set(
    informer(node)
      .list()
      .flatMap(({ spec }) => spec.podCIDRs ?? (spec.podCIDR ? [spec.podCIDR] : [])),
  )

/** The first part of the range that nobody has. */
export function freePart(range: string, used: ReadonlySet<string>): string | undefined {
  const [address = '', bits = ''] = range.split('/')
  const start = address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
  const parts = 2 ** (NODE_MASK - Number(bits))
  for (let i = 0; i < parts; i++) {
    const number = start + i * 2 ** (32 - NODE_MASK)
    const text = [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
    if (!used.has(`${text}/${NODE_MASK}`)) return `${text}/${NODE_MASK}`
  }
  return undefined
}
