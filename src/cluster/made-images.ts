import path from 'node:path'
import { cacheFolder } from './cluster-config.ts'
import { buildImages } from './images/build.ts'
import { importImages } from './images/import.ts'
import type { Recipe } from './images/recipe.ts'

/** Makes images from Debian packages, where that has not been done yet, and puts them on nodes. Throws MachineError. */
export async function loadMadeImages(
  recipes: readonly Recipe[],
  criSockets: readonly string[],
  progress: (line: string) => void,
): Promise<void> {
  progress('Choosing Debian packages')
  const images = await buildImages(recipes, path.join(cacheFolder(), 'images'), image =>
    progress(`Making image ${image}`),
  )
  progress(images.length === 1 ? 'Loading the image' : 'Loading the images')
  await Promise.all(criSockets.map(socket => importImages(images, socket)))
}
