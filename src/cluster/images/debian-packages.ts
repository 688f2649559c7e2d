import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { CommandError, run } from '../system/run.ts'

export interface DebianPackage {
  name: string
  version: string
  architecture: string
  /** Groups of alternatives, each of which asks for one package. */
  depends: string[][]
  /** Other names that it answers to. */
  provides: string[]
}

/** Packages by name, chosen together so that they fit. */
export type Catalogue = ReadonlyMap<string, DebianPackage>

/** Where apt keeps the lists of what can be installed. */
const APT_LISTS = '/var/lib/apt/lists'

/**
 * Chooses the packages that would be installed on an empty system with all of `names`. The machine's own packages play
 * no part. What apt answers is kept in `cacheDir` until its lists change.
 */
export async function choosePackages(names: readonly string[], cacheDir: string): Promise<Catalogue> {
  const wanted = [...new Set(names)].sort()
  if (wanted.length === 0) return new Map()
  const known = await knownPackages(wanted, cacheDir)
  if (known) return known
  const packages = await askApt(wanted, cacheDir)
  await writeWhole(await memoOf(wanted, cacheDir), JSON.stringify(packages))
  return catalogueOf(packages)
}

/** What `choosePackages` has chosen before; undefined where it would have to ask. */
export async function knownPackages(names: readonly string[], cacheDir: string): Promise<Catalogue | undefined> {
  const text = await readFile(await memoOf(names, cacheDir), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : catalogueOf(JSON.parse(text))
}

const catalogueOf = (packages: readonly DebianPackage[]): Catalogue =>
  new Map(packages.map(found => [found.name, found]))

const memoOf = async (names: readonly string[], cacheDir: string) =>
  path.join(cacheDir, `packages-${digestOf([...new Set(names)].sort().concat(await listsStamp()))}.json`)

async function askApt(names: readonly string[], cacheDir: string): Promise<DebianPackage[]> {
  const emptySystem = path.join(cacheDir, 'apt')
  await mkdir(path.join(emptySystem, 'archives/partial'), { recursive: true })
  await writeFile(path.join(emptySystem, 'status'), '')
  const options = ['-o', `Dir::State::status=${emptySystem}/status`, '-o', `Dir::Cache=${emptySystem}`]
  const plan = await apt('apt-get', ['--simulate', '--no-install-recommends', ...options, 'install', ...names])
  const chosen = [...plan.matchAll(/^Inst (\S+) \((\S+) .*\[(\S+)\]\)/gm)].map(([, name, version, architecture]) => ({
    name: name!.split(':')[0]!,
    version: version!,
    architecture: architecture!,
  }))
  const records = await apt('apt-cache', ['show', ...chosen.map(({ name, version }) => `${name}=${version}`)])
  const fields = new Map(records.split(/\n\n+/).map(record => [fieldOf(record, 'Package'), record]))
  return chosen.map(found => {
    const record = fields.get(found.name) ?? ''
    const depends = [fieldOf(record, 'Pre-Depends'), fieldOf(record, 'Depends')].filter(Boolean).join(', ')
    return { ...found, depends: parseDepends(depends), provides: parseDepends(fieldOf(record, 'Provides')).flat() }
  })
}

async function apt(command: string, args: readonly string[]): Promise<string> {
  try {
    return await run(command, args)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new MachineError(
      'Images cannot be made from Debian packages',
      error.stderr.trim().replaceAll('\n', '; ') || `${command} is missing`,
      'This needs Debian or Ubuntu with package lists: run apt-get update',
    )
  }
}

const fieldOf = (record: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(record)?.[1] ?? ''

/** The names in a dependency field such as `a (>= 1) | b, c:any`. */
export const parseDepends = (field: string): string[][] =>
  field
    .split(',')
    .map(group => group.split('|').flatMap(choice => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(choice)?.[1] ?? []))
    .filter(group => group.length > 0)

/**
 * The packages that `names` need, themselves included, sorted by name. `without` and what only they need stay out, except
 * what is asked for by name.
 */
export function closureOf(catalogue: Catalogue, names: readonly string[], without: readonly string[]): DebianPackage[] {
  const byProvided = new Map([...catalogue.values()].flatMap(found => found.provides.map(name => [name, found])))
  const left = new Set(without.filter(name => !names.includes(name)))
  const closure = new Map<string, DebianPackage>()
  const visit = (found: DebianPackage) => {
    if (closure.has(found.name) || left.has(found.name)) return
    closure.set(found.name, found)
    for (const group of found.depends) {
      const chosen = group.map(name => catalogue.get(name)).find(Boolean) ?? byProvided.get(group[0]!)
      if (chosen) visit(chosen)
    }
  }
  for (const name of names) {
    const found = catalogue.get(name) ?? byProvided.get(name)
    if (!found) throw new Error(`package ${name} was not chosen`)
    visit(found)
  }
  return [...closure.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Downloads packages that are not in `dir` yet and resolves to their files, in the same order. */
export async function downloadPackages(packages: readonly DebianPackage[], dir: string): Promise<string[]> {
  await mkdir(dir, { recursive: true })
  const files = packages.map(found => path.join(dir, fileNameOf(found)))
  const missing = packages.filter((_, i) => !existsSync(files[i]!))
  if (missing.length > 0) {
    const names = missing.map(({ name, version }) => `${name}=${version}`)
    try {
      // As the user that runs this: apt's own may not be able to write here, and would only complain.
      await run('apt-get', ['download', '--quiet', '-o', 'APT::Sandbox::User=root', ...names], { cwd: dir })
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      throw new MachineError(
        'Debian packages for the images cannot be downloaded',
        error.stderr.trim().split('\n').slice(-3).join('; '),
        'Check the network connection and run apt-get update',
      )
    }
  }
  return files
}

/** As `apt-get download` names it. */
const fileNameOf = ({ name, version, architecture }: DebianPackage) =>
  `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`

async function listsStamp(): Promise<string> {
  const names = await readdir(APT_LISTS).catch(() => [])
  const stamps = await Promise.all(
    names.sort().map(async name => `${name} ${(await stat(path.join(APT_LISTS, name))).mtimeMs}`),
  )
  return digestOf(stamps)
}

const digestOf = (parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)

/** Writes a file so that nobody sees half of it. */
export async function writeWhole(file: string, content: string | Buffer): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(`${file}.new`, content)
  await rename(`${file}.new`, file)
}
