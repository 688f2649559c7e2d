import { existsSync } from 'node:fs'
import { importArchive } from '../../cluster/images/import.ts'
import { findRecipe } from '../../cluster/images/recipes/index.ts'
import { loadMadeImages } from '../../cluster/made-images.ts'
import { criSockets } from '../../cluster/node-access.ts'
import { Progress } from '../progress.ts'

/** `tsukube image load`: archives, and by name the images that are made on this machine. */
export async function imageLoadCommand(archives: readonly string[], { name }: { name: string }): Promise<void> {
  const sockets = [...(await criSockets(name)).values()]
  for (const archive of archives) {
    const recipe = existsSync(archive) ? undefined : findRecipe(archive)
    if (recipe) {
      const progress = new Progress()
      await loadMadeImages([recipe], sockets, line => progress.step(line)).finally(() => progress.end())
      process.stdout.write(`Loaded ${recipe.names.join(', ')}\n`)
      continue
    }
    const loaded = await Promise.all(sockets.map(socket => importArchive(archive, socket)))
    for (const image of new Set(loaded.flat())) process.stdout.write(`Loaded ${image}\n`)
  }
}
