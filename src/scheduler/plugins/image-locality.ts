import type { Container } from '../../api/core/pod/container.ts'
import { type PluginContext, plugin } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'

const MB = 1024 * 1024
/** Smaller images come too fast to matter. */
const MIN_BYTES = 23 * MB
/** Per container; beyond this more does not count. */
const MAX_BYTES = 1000 * MB

/** Prefers nodes that have the pod's images already; an image that is on few nodes counts for less, lest pods pile up there. */
export const imageLocality = plugin({
  name: 'ImageLocality',
  sign: ({ pod }) => containersOf(pod.spec).map(({ image }) => image),
  score(_state, node, { pod }: PodInfo, { cache }: PluginContext) {
    if (node.images.size === 0) return 0
    const containers = containersOf(pod.spec)
    const total = containers.reduce((sum, { image = '' }) => sum + imageBytes(node, normalized(image), cache), 0)
    const max = MAX_BYTES * containers.length
    const clipped = Math.min(max, Math.max(MIN_BYTES, total))
    return Math.floor((100 * (clipped - MIN_BYTES)) / (max - MIN_BYTES))
  },
})

const containersOf = ({ containers, initContainers = [] }: PodInfo['pod']['spec']): readonly Container[] =>
  initContainers.length === 0 ? containers : [...initContainers, ...containers]

function imageBytes(node: NodeInfo, image: string, cache: PluginContext['cache']): number {
  const size = node.images.get(image)
  return size === undefined ? 0 : Math.floor((size * cache.nodesWithImage(image)) / cache.nodes.length)
}

/** With the tag that stands for none, as nodes name their images. */
const normalized = (image: string): string =>
  image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
