import { listImages } from '../../cluster/images/import.ts'
import { criSockets } from '../../cluster/node-access.ts'
import { table } from '../table.ts'

/** `tsukube image ls` */
export async function imageListCommand({ name, output }: { name: string; output: string }): Promise<void> {
  const sockets = await criSockets(name)
  const listed = await Promise.all(
    [...sockets].map(async ([node, socket]) => ({ node, images: await listImages(socket) })),
  )
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(listed, null, 2)}\n`)
    return
  }
  const rows = listed.flatMap(({ node, images }) => images.map(image => [image.name, image.digest.slice(7, 19), node]))
  process.stdout.write(table(['IMAGE', 'DIGEST', 'NODE'], rows.sort()))
}
