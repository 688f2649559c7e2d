import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { TOOL_PATH } from '../system/run.ts'
import { type DebianPackage, downloadPackages, writeWhole } from './debian-packages.ts'
import type { ImageFile, LayerRecipe } from './recipe.ts'
import { readTar, TAR_END, type TarEntry, tarEntry } from './tar.ts'

/** A layer that is on disk, uncompressed: its digest is also its diff id. */
export interface Layer {
  /** sha256:... */
  digest: string
  size: number
  file: string
}

/** Raised when the same recipe and packages come to make other bytes, so that old ones are not taken from the cache. */
const FORMAT = 1

/** Documentation and the like; licences stay. */
const PRUNED =
  /^usr\/(share\/(man|locale|info|lintian|bash-completion|doc-base|icons|applications|pixmaps|bug|menu|perl5)|lib\/python3[^/]*\/(test|idlelib|turtledemo))\//
const DOCUMENTATION = /^usr\/share\/doc\/(?![^/]+\/copyright$).*[^/]$/

/** Makes a layer of packages and files, or takes it from the cache. */
export async function buildLayer(
  recipe: LayerRecipe,
  packages: readonly DebianPackage[],
  cacheDir: string,
): Promise<Layer> {
  const cached = await cachedLayer(recipe, packages, cacheDir)
  if (cached) return cached
  const { file, facts } = layerFiles(recipe, packages, cacheDir)
  const entries = new Map<string, TarEntry>()
  for (const deb of await downloadPackages(packages, path.join(cacheDir, 'debs'))) {
    for await (const entry of packageFiles(deb)) addEntry(entries, mergedUsr(entry), recipe.prune ?? [])
  }
  for (const own of recipe.files ?? []) addOwnFile(entries, own)
  const built = await writeLayer(inOrder(entries), file)
  await writeWhole(facts, JSON.stringify(built))
  return { ...built, file }
}

/** The layer, if it has been made before. */
export async function cachedLayer(
  recipe: LayerRecipe,
  packages: readonly DebianPackage[],
  cacheDir: string,
): Promise<Layer | undefined> {
  const { file, facts } = layerFiles(recipe, packages, cacheDir)
  if (!existsSync(facts) || !existsSync(file)) return undefined
  return { ...JSON.parse(await readFile(facts, 'utf8')), file }
}

function layerFiles(recipe: LayerRecipe, packages: readonly DebianPackage[], cacheDir: string) {
  const key = createHash('sha256')
    .update(JSON.stringify([FORMAT, packages.map(p => `${p.name}=${p.version}:${p.architecture}`), recipe]))
    .digest('hex')
  const at = (ending: string) => path.join(cacheDir, 'layers', `${key}.${ending}`)
  return { file: at('tar'), facts: at('json') }
}

async function* packageFiles(deb: string): AsyncGenerator<TarEntry, void, void> {
  const child = spawn('dpkg-deb', ['--fsys-tarfile', deb], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: TOOL_PATH },
  })
  const said: Buffer[] = []
  child.stderr.on('data', chunk => said.push(chunk))
  const exited = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  yield* readTar(child.stdout)
  if ((await exited) !== 0) throw new Error(`${path.basename(deb)} cannot be unpacked: ${Buffer.concat(said)}`)
}

const MERGED = /^(bin|sbin|lib|lib32|lib64|libx32)(\/|$)/

/**
 * Moves /bin, /lib and their like below /usr, where Debian keeps them since its release 12, whichever release the
 * package is from. A relative link that is moved is made absolute.
 */
export function mergedUsr(entry: TarEntry): TarEntry {
  const move = (name: string) => name.replace(MERGED, 'usr/$1$2')
  const moved = move(entry.path)
  if (entry.kind === 'hardlink') return { ...entry, path: moved, link: move(entry.link.replace(/^\.?\//, '')) }
  const isRelativeLink = entry.kind === 'symlink' && !entry.link.startsWith('/')
  if (moved === entry.path || !isRelativeLink || !entry.link.includes('..')) return { ...entry, path: moved }
  return { ...entry, path: moved, link: path.posix.join('/', path.posix.dirname(entry.path), entry.link) }
}

function addEntry(entries: Map<string, TarEntry>, entry: TarEntry, pruned: readonly string[]): void {
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path
  if (PRUNED.test(name) || DOCUMENTATION.test(name)) return
  if (pruned.some(prefix => `/${entry.path}` === prefix || `/${entry.path}`.startsWith(`${prefix}/`))) return
  // /usr/bin is a folder, whatever an older package says of /bin.
  if (entries.get(entry.path)?.kind === 'directory' && entry.kind !== 'directory') return
  entries.set(entry.path, { ...entry, content: entry.kind === 'file' ? entry.content : Buffer.alloc(0) })
}

function addOwnFile(entries: Map<string, TarEntry>, own: ImageFile): void {
  const isFolder = own.path.endsWith('/')
  const name = own.path.replace(/^\/+|\/+$/g, '')
  entries.set(name, {
    path: name,
    kind: isFolder ? 'directory' : own.link !== undefined ? 'symlink' : 'file',
    mode: own.mode ?? (isFolder ? 0o755 : own.link !== undefined ? 0o777 : 0o644),
    uid: own.uid ?? 0,
    gid: own.gid ?? 0,
    link: own.link ?? '',
    content: Buffer.from(own.content ?? ''),
  })
}

/** Folders before what is in them, hard links after what they link to; parents that nobody named are added. */
function inOrder(entries: Map<string, TarEntry>): TarEntry[] {
  const all = new Map(entries)
  all.delete('')
  for (const name of entries.keys()) {
    for (let at = path.posix.dirname(name); at !== '.'; at = path.posix.dirname(at)) {
      if (all.has(at)) continue
      all.set(at, { path: at, kind: 'directory', mode: 0o755, uid: 0, gid: 0, link: '', content: Buffer.alloc(0) })
    }
  }
  const sorted = [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  return [...sorted.filter(e => e.kind !== 'hardlink'), ...sorted.filter(e => e.kind === 'hardlink')]
}

async function writeLayer(entries: readonly TarEntry[], file: string): Promise<Pick<Layer, 'digest' | 'size'>> {
  await mkdir(path.dirname(file), { recursive: true })
  const hash = createHash('sha256')
  const out = createWriteStream(`${file}.new`)
  let size = 0
  for (const block of [...entries.map(entry => () => tarEntry(entry)), () => TAR_END]) {
    const bytes = block()
    hash.update(bytes)
    size += bytes.length
    if (!out.write(bytes)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  await rename(`${file}.new`, file)
  return { digest: `sha256:${hash.digest('hex')}`, size }
}
