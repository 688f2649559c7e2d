import type { ContainerImage } from '../../api/core/node.ts'
import type { CriClient } from '../cri/client.ts'

/** Upstream's nodeStatusMaxImages and the names kept of each. */
const MAX_IMAGES = 50
const MAX_NAMES = 5

/** The largest images on the node, with their names. */
export async function nodeImages(cri: CriClient): Promise<ContainerImage[]> {
  const { images } = await cri.images.listImages()
  return images
    .map(({ repoDigests, repoTags, size }) => ({
      names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES),
      sizeBytes: size,
    }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes || a.names[0]!.localeCompare(b.names[0]!))
    .slice(0, MAX_IMAGES)
}
