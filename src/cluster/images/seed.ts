import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { CommandError, run, TOOL_PATH } from '../system/run.ts'
import { requireTool } from '../system/tools.ts'
import { importImages, listImages } from './import.ts'
import { type BuiltImage, digestOf } from './oci-archive.ts'

/** Where containerd keeps what it knows; these change with use, all other files are only ever added and removed. */
const DATABASES = [
  'io.containerd.metadata.v1.bolt/meta.db',
  'io.containerd.snapshotter.v1.overlayfs/metadata.db',
] as const

/** How long a containerd that only imports may take until it answers. */
const START_TIMEOUT_MS = 10_000

/**
 * A containerd folder that has the given images, unpacked, made once and kept in `cacheDir`. New nodes begin with a copy
 * of it (`plantSeed`) in a tenth of the time that an import takes.
 */
export async function imageSeed(images: readonly BuiltImage[], cacheDir: string, clock: Clock): Promise<string> {
  const program = requireTool('containerd')
  const parts = [await run(program, ['--version']), ...images.map(image => `${digestOf(image)} ${image.names}`)]
  const key = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
  const seed = path.join(cacheDir, 'seeds', key)
  if (existsSync(seed)) return seed

  const making = `${seed}.new`
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { recursive: true })
  // A socket's path must be short, and the cache's may not be.
  const state = await mkdtemp(path.join(os.tmpdir(), 'tsukube-seed-'))
  try {
    await withContainerd(program, making, state, clock, socket => importImages(images, socket))
    await rename(making, seed)
  } finally {
    await rm(state, { recursive: true, force: true })
  }
  return seed
}

/** Gives a node that has no images yet those of a seed. `containerdDir` must not exist; it is made. */
export async function plantSeed(seed: string, containerdDir: string): Promise<void> {
  const planting = `${containerdDir}.new`
  await rm(planting, { recursive: true, force: true })
  await mkdir(path.dirname(planting), { recursive: true })
  // Hard links where the file system is the same. Nothing in a node writes to a layer's files.
  await run('cp', ['-a', '--link', seed, planting]).catch(async error => {
    if (!(error instanceof CommandError)) throw error
    await rm(planting, { recursive: true, force: true })
    await run('cp', ['-a', '--reflink=auto', seed, planting])
  })
  for (const database of DATABASES) {
    await rm(path.join(planting, database))
    await copyFile(path.join(seed, database), path.join(planting, database))
  }
  await rename(planting, containerdDir)
}

/** Runs a containerd that can do nothing but keep images, in mounts of its own, as long as `work` takes. */
async function withContainerd(
  program: string,
  root: string,
  state: string,
  clock: Clock,
  work: (socket: string) => Promise<unknown>,
): Promise<void> {
  const socket = path.join(state, 'c.sock')
  const config = path.join(state, 'config.toml')
  const disabled = ['grpc.v1.cri', 'cri.v1.images', 'cri.v1.runtime', 'internal.v1.opt', 'nri.v1.nri']
  await writeFile(
    config,
    [
      'version = 2',
      `root = ${JSON.stringify(root)}`,
      `state = ${JSON.stringify(path.join(state, 'state'))}`,
      `disabled_plugins = ${JSON.stringify(disabled.map(name => `io.containerd.${name}`))}`,
      `[grpc]\naddress = ${JSON.stringify(socket)}`,
      `[ttrpc]\naddress = ${JSON.stringify(`${socket}.ttrpc`)}`,
      '',
    ].join('\n'),
  )
  const child = spawn('unshare', ['--mount', 'setpriv', '--pdeathsig', 'KILL', program, '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: TOOL_PATH },
  })
  let said = ''
  child.stderr.on('data', chunk => (said = (said + chunk).slice(-2_000)))
  let ended = false
  const end = new Promise<void>(resolve => {
    const note = () => {
      ended = true
      resolve()
    }
    child.on('close', note).on('error', note)
  })
  const deadline = clock.now() + START_TIMEOUT_MS
  try {
    const answers = () =>
      listImages(socket).then(
        () => true,
        () => false,
      )
    while (!existsSync(socket) || !(await answers())) {
      if (ended || clock.now() > deadline) throw new Error(`containerd cannot prepare images: ${said.trim()}`)
      await sleep(clock, 10)
    }
    await work(socket)
  } finally {
    child.kill('SIGTERM')
    await end
  }
}
