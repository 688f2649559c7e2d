import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import path from 'node:path'

/** Name of the link to a container's log, by which log collectors know whose it is. */
export function logLinkName(pod: string, namespace: string, container: string, id: string): string {
  const file = `${pod}_${namespace}_${container}-${id}`
  return `${file.slice(0, 250)}.log`
}

export async function linkLog(dir: string, name: string, target: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  const link = path.join(dir, name)
  await rm(link, { force: true })
  await symlink(target, link)
}

/** Removes the links of these containers. */
export async function unlinkLogs(dir: string, ids: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const id = /-([0-9a-f]{64})\.log$/.exec(name)?.[1]
    if (id && ids.has(id)) await rm(path.join(dir, name), { force: true })
  }
}
