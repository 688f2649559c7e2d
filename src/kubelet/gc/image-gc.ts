import type { CriClient } from '../cri/client.ts'
import type { Image } from '../cri/messages/image.ts'
import type { Thresholds } from '../eviction.ts'

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
  readonly #thresholds: Thresholds
  readonly #unusedSince = new Map<string, number>()

  constructor(cri: CriClient, pauseImage: string, thresholds: Thresholds) {
    this.#cri = cri
    this.#pauseImage = pauseImage
    this.#thresholds = thresholds
  }

  /** `disk` in bytes, `now` in milliseconds since the epoch. Answers with how many bytes were to be freed, and were. */
  async collect(
    disk: { capacity: number; available: number },
    now: number,
  ): Promise<{ wanted: number; freed: number }> {
    const used = 1 - disk.available / disk.capacity
    if (used < this.#thresholds.imagesHigh) return { wanted: 0, freed: 0 }
    const wanted = Math.ceil((used - this.#thresholds.imagesLow) * disk.capacity)
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
