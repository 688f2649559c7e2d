import { importArchive } from '../../cluster/images/import.ts'
import { criSockets } from '../../cluster/node-access.ts'

/** `tsukube image load` */
export async function imageLoadCommand(archives: readonly string[], { name }: { name: string }): Promise<void> {
  const sockets = await criSockets(name)
  for (const archive of archives) {
    const loaded = await Promise.all([...sockets.values()].map(socket => importArchive(archive, socket)))
    for (const image of new Set(loaded.flat())) process.stdout.write(`Loaded ${image}\n`)
  }
}
