import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { MachineError } from '../apimachinery/machine-error.ts'
import { formatYaml, parseYaml } from '../apimachinery/yaml.ts'

interface Named {
  name: string
}
interface Kubeconfig {
  apiVersion: 'v1'
  kind: 'Config'
  clusters: (Named & { cluster: Record<string, unknown> })[]
  users: (Named & { user: Record<string, unknown> })[]
  contexts: (Named & { context: Record<string, unknown> })[]
  'current-context'?: string
  preferences?: object
}

export interface Access {
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly certificate?: string
  readonly key?: string
  readonly token?: string
}

/** The name under which a cluster stands in kubeconfig files. */
export const contextName = (cluster: string): string => (cluster === 'tsukube' ? 'tsukube' : `tsukube-${cluster}`)

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A kubeconfig of its own for one cluster. */
export function kubeconfigFor(cluster: string, access: Access): Kubeconfig {
  const name = contextName(cluster)
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: access.server, 'certificate-authority-data': base64(access.ca) } }],
    users: [
      {
        name,
        user: {
          ...(access.certificate && { 'client-certificate-data': base64(access.certificate) }),
          ...(access.key && { 'client-key-data': base64(access.key) }),
          ...(access.token && { token: access.token }),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  }
}

export const kubeconfigText = (cluster: string, access: Access): string => formatYaml(kubeconfigFor(cluster, access))

/** The file kubectl would change: the first of KUBECONFIG, or ~/.kube/config. */
export function userKubeconfig(): string {
  const [first] = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter(Boolean)
  return first ?? path.join(homedir(), '.kube', 'config')
}

/** Adds a cluster's context to the user's kubeconfig and makes it the current one. */
export function addContext(cluster: string, access: Access, file: string = userKubeconfig()): void {
  const own = kubeconfigFor(cluster, access)
  change(file, config => {
    for (const list of ['clusters', 'users', 'contexts'] as const) {
      const kept = (config[list] ?? []).filter((entry: Named) => entry.name !== own[list][0]!.name)
      Object.assign(config, { [list]: [...kept, ...own[list]] })
    }
    config['current-context'] = own['current-context']
  })
}

/** What kubectl talks to now, by the name of its context. */
export function currentContext(file: string = userKubeconfig()): string | undefined {
  if (!existsSync(file)) return undefined
  const config = parseYaml(readFileSync(file, 'utf8')) as Kubeconfig | null
  return config?.['current-context'] || undefined
}

/** Takes a cluster's context out of the user's kubeconfig again; leaves the rest as it is. */
export function removeContext(cluster: string, file: string = userKubeconfig()): void {
  if (!existsSync(file)) return
  const name = contextName(cluster)
  change(file, config => {
    for (const list of ['clusters', 'users', 'contexts'] as const) {
      Object.assign(config, { [list]: (config[list] ?? []).filter((entry: Named) => entry.name !== name) })
    }
    // Rather another cluster of ours than none: without a context kubectl asks localhost:8080.
    if (config['current-context'] === name) {
      config['current-context'] = config.contexts.find(c => /^tsukube(-|$)/.test(c.name))?.name ?? ''
    }
  })
}

/** Reads, changes and writes back under the lock file kubectl uses too. */
function change(file: string, edit: (config: Kubeconfig) => void): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const lock = `${file}.lock`
  try {
    writeFileSync(lock, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new MachineError(
      `The kubeconfig ${file} cannot be changed`,
      `another program holds its lock, ${lock}`,
      `If no kubectl is running, remove ${lock} and try again.`,
    )
  }
  try {
    const config = read(file)
    edit(config)
    const text = formatYaml(config)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return
    const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0o600
    writeFileSync(`${file}.new`, text, { mode })
    renameSync(`${file}.new`, file)
  } finally {
    rmSync(lock, { force: true })
  }
}

function read(file: string): Kubeconfig {
  const empty: Kubeconfig = { apiVersion: 'v1', kind: 'Config', clusters: [], users: [], contexts: [] }
  if (!existsSync(file)) return empty
  try {
    return { ...empty, ...(parseYaml(readFileSync(file, 'utf8')) as Partial<Kubeconfig> | null) }
  } catch (error) {
    throw new MachineError(
      `The kubeconfig ${file} cannot be read`,
      (error as Error).message,
      'Mend the file, or set KUBECONFIG to another one.',
    )
  }
}
