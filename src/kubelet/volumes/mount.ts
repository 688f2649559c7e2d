import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where file systems are mounted, below a folder or at it; deepest first. */
export async function mountsBelow(dir: string): Promise<string[]> {
  const plain = (text: string) =>
    text.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
  const text = await readFile('/proc/self/mountinfo', 'utf8')
  const points = text.split('\n').map(line => plain(line.split(' ')[4] ?? ''))
  const inside = points.filter(point => point === dir || point.startsWith(`${dir}${path.sep}`))
  return inside.sort((a, b) => b.length - a.length)
}

export const isMounted = async (dir: string): Promise<boolean> => (await mountsBelow(dir)).includes(dir)

/** Mounts a file system in memory; `size` limits it in bytes. */
export async function mountTmpfs(dir: string, size?: number, mode = '755'): Promise<void> {
  const options = [`mode=${mode}`, ...(size ? [`size=${size}`] : [])].join(',')
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir])
}

/** How long a server may take to answer. */
const MOUNT_TIMEOUT_MS = 120_000

/** Mounts what a server or device has. Rejects with what the mount program says. */
export async function mountFrom(type: string, source: string, dir: string, options: readonly string[]): Promise<void> {
  const args = ['-t', type, ...(options.length > 0 ? ['-o', options.join(',')] : []), source, dir]
  await run('mount', args, { timeout: MOUNT_TIMEOUT_MS }).catch(error => {
    throw new Error(
      `mount failed: ${(error.stderr || error.message).trim()}\nMounting command: mount ${args.join(' ')}`,
    )
  })
}

/** Shows a file or folder at another place too. `source` is taken as it stands, links in it are not followed. */
export async function bindMount(source: string, target: string): Promise<void> {
  await run('mount', ['--no-canonicalize', '--bind', source, target])
}

/** Takes away every mount below a folder and at it. */
export async function unmountBelow(dir: string): Promise<void> {
  for (const point of await mountsBelow(dir)) {
    await run('umount', [point]).catch(() => run('umount', ['--lazy', point]))
  }
}
