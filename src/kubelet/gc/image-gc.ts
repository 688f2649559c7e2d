import type { CriClient } from '../cri/client.ts'
import type { Image } from '../cri/messages/image.ts'

/** Shares of the disk, as upstream's imageGCHighThresholdPercent and imageGCLowThresholdPercent. */
const HIGH = 0.85
const LOW = 0.8

/** Images that may go, in the order in which they go: those that have been unused longest first. */
export function removable(
  images: readonly Image[],
  used: ReadonlySet<string>,
  unusedSince: ReadonlyMap<string, number>,
  pauseImage: string,
): Image[] {
  return images
    .filter(({ id, repoTags, pinned }) => !pinned && !used.has(id) && !repoTags.includes(pauseImage))
    .sort((a, b) => (unusedSince.get(a.id) ?? 0) - (unusedSince.get(b.id) ?? 0))
}

/** Makes room when the disk is nearly full, by removing images that no container uses. */
export class ImageCollector {
  readonly #cri: CriClient
  readonly #pauseImage: string
  readonly #unusedSince = new Map<string, number>()

  constructor(cri: CriClient, pauseImage: string) {
    this.#cri = cri
    this.#pauseImage = pauseImage
  }

  /** `disk` in bytes, `now` in milliseconds since the epoch. Answers with how many bytes were to be freed, and were. */
  async collect(
    disk: { capacity: number; available: number },
    now: number,
  ): Promise<{ wanted: number; freed: number }> {
    const used = 1 - disk.available / disk.capacity
    if (used < HIGH) return { wanted: 0, freed: 0 }
    const wanted = Math.ceil((used - LOW) * disk.capacity)
    const [{ images }, { containers }] = await Promise.all([
      this.#cri.images.listImages(),
      this.#cri.runtime.listContainers(),
    ])
    const inUse = new Set(containers.flatMap(({ imageRef, imageId, image }) => [imageRef, imageId, image?.image ?? '']))
    for (const { id } of images) {
      if (inUse.has(id)) this.#unusedSince.delete(id)
      else if (!this.#unusedSince.has(id)) this.#unusedSince.set(id, now)
    }
    let freed = 0
    for (const { id, size } of removable(images, inUse, this.#unusedSince, this.#pauseImage)) {
      if (freed >= wanted) break
      await this.#cri.images.removeImage({ image: { image: id } })
      this.#unusedSince.delete(id)
      freed += size
    }
    return { wanted, freed }
  }
}
