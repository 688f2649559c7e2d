import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { MachineError } from '../apimachinery/machine-error.ts'
import type { ControlPlaneFlags } from './control-plane-flags.ts'

/** What a local cluster is: chosen at its first `up`, kept in its folder. */
export interface ClusterConfig {
  readonly name: string
  /** Nodes with containers. */
  readonly nodes: number
  /** Nodes that only pretend. */
  readonly hollowNodes: number
  /** The loopback address where this machine finds the API server, node ports and the ingress. */
  readonly address: string
  readonly port: number
  readonly fabricSubnet: string
  readonly podCidr: string
  readonly serviceCidr: string
  readonly nodePorts: readonly [number, number]
  readonly flags?: ControlPlaneFlags
}

export const DNS_DOMAIN = 'cluster.local'
/** Who issues the tokens of service accounts. */
export const ISSUER = `https://kubernetes.default.svc.${DNS_DOMAIN}`

/** Addresses that follow from a cluster's ranges. */
export const serviceAddress = ({ serviceCidr }: Pick<ClusterConfig, 'serviceCidr'>, index: number): string => {
  const [a, b, c, d] = serviceCidr.split('/')[0]!.split('.').map(Number) as [number, number, number, number]
  return `${a}.${b}.${c}.${d + index}`
}
/** ClusterIP of the API server. */
export const apiServiceAddress = (config: Pick<ClusterConfig, 'serviceCidr'>): string => serviceAddress(config, 1)
/** ClusterIP of the cluster's DNS. */
export const dnsServiceAddress = (config: Pick<ClusterConfig, 'serviceCidr'>): string => serviceAddress(config, 10)
/** The pods' range on the `index`-th node, counted from 0. */
export const podRange = ({ podCidr }: Pick<ClusterConfig, 'podCidr'>, index: number): string => {
  const [a, b] = podCidr.split('.')
  return `${a}.${b}.${index}.0/24`
}
/** Name of the `index`-th node, counted from 0: the first bears the cluster's name. */
export const nodeName = ({ name }: Pick<ClusterConfig, 'name'>, index: number): string =>
  index === 0 ? name : `${name}-${index + 1}`

/** Folder of everything a user's clusters keep. */
export const tsukubeHome = (): string => process.env.TSUKUBE_HOME || path.join(homedir(), '.tsukube')

/** Folder of what is made once per machine and may be made again: images. */
export const cacheFolder = (): string => process.env.TSUKUBE_CACHE || path.join(tsukubeHome(), 'cache')

/** Ports of the ingress on loopback. */
export interface IngressPorts {
  readonly http?: number
  readonly https?: number
}

/** The files of one cluster. */
export class ClusterFolder {
  readonly dir: string

  /** Names of all clusters of this user. */
  static all(home: string = tsukubeHome()): string[] {
    const root = path.join(home, 'clusters')
    const names = existsSync(root) ? readdirSync(root) : []
    return names.filter(name => new ClusterFolder(name, home).exists).sort()
  }

  constructor(name: string, home: string = tsukubeHome()) {
    this.dir = path.join(home, 'clusters', name)
  }

  get exists(): boolean {
    return existsSync(this.#config)
  }
  get pki(): string {
    return path.join(this.dir, 'pki')
  }
  get store(): string {
    return path.join(this.dir, 'store')
  }
  get serverFile(): string {
    return path.join(this.dir, 'server.json')
  }
  get serverLog(): string {
    return path.join(this.dir, 'server.log')
  }
  get kubeconfig(): string {
    return path.join(this.dir, 'admin.kubeconfig')
  }
  node(name: string): string {
    return path.join(this.dir, 'nodes', name)
  }

  read(): ClusterConfig {
    return JSON.parse(readFileSync(this.#config, 'utf8')) as ClusterConfig
  }

  /** Where this machine's loopback leads to the ingress; a port is missing where none was free. */
  readPorts(): IngressPorts {
    const file = path.join(this.dir, 'ingress.json')
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as IngressPorts) : {}
  }
  writePorts(ports: IngressPorts): void {
    writeFileSync(path.join(this.dir, 'ingress.json'), JSON.stringify(ports))
  }

  write(config: ClusterConfig): void {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 })
    const text = `${JSON.stringify(config, null, 2)}\n`
    // A cluster that is as it was can be used on a full disk, too.
    if (this.exists && readFileSync(this.#config, 'utf8') === text) return
    writeFileSync(`${this.#config}.new`, text)
    renameSync(`${this.#config}.new`, this.#config)
  }

  get #config(): string {
    return path.join(this.dir, 'cluster.json')
  }
}

/** The folder of a cluster that has been made. Throws MachineError where there is none. */
export function requireCluster(name: string): ClusterFolder {
  const folder = new ClusterFolder(name)
  if (folder.exists) return folder
  const others = ClusterFolder.all()
  throw new MachineError(
    `There is no cluster ${name}`,
    others.length > 0 ? `the clusters here are ${others.join(', ')}` : 'no cluster has been made here yet',
    'Make it with "tsukube up", or name another one with --name.',
  )
}
