import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import path from 'node:path'
import type { Clock } from '../apimachinery/clock.ts'
import { systemRandom } from '../apimachinery/random.ts'
import type { NodeDialer } from '../apiserver/node-dialer.ts'
import type { HttpServer } from '../apiserver/server/listen.ts'
import { startHollowNodes } from '../kubelet/hollow.ts'
import { startLoopbackForwarder } from '../network/loopback/forwarder.ts'
import type { AgentConfig } from './agent-process.ts'
import { publishApiServer } from './bootstrap/objects.ts'
import {
  apiServiceAddress,
  type ClusterConfig,
  type ClusterFolder,
  cacheFolder,
  DNS_DOMAIN,
  dnsServiceAddress,
  nodeName,
  podRange,
} from './cluster-config.ts'
import type { ControlPlane } from './control-plane.ts'
import { labelControlPlane } from './control-plane-label.ts'
import { buildImages, cachedImages } from './images/build.ts'
import { demoImages, PAUSE_IMAGE, systemImages } from './images/recipes/index.ts'
import { imageSeed } from './images/seed.ts'
import { addressIn, ensureFabric, fabricOf } from './local-node/fabric.ts'
import { CRI_SOCKET, namespaceFile, nodeCgroups, nodeFiles } from './local-node/names.ts'
import { type Netns, openNetns } from './local-node/netns-helper.ts'
import { type LocalNode, startLocalNode } from './local-node/node.ts'
import { addPodRoutes } from './local-node/routes.ts'
import type { KeyPair } from './pki/certificates.ts'
import type { Pki } from './pki/pki.ts'
import { programCommand } from './program.ts'

/** Where the API server listens inside the fabric. */
const API_PORT = 6443
/** The ingress's ports on this machine's loopback, and on the node. */
const INGRESS_PORTS = new Map([
  [80, 80],
  [443, 443],
])
/** Index of the first node's address in the fabric. */
const FIRST_ADDRESS = 11
/** As many as the fabric has addresses for. */
export const MAX_NODES = 240

interface Tools {
  readonly clock: Clock
  readonly log: (line: string) => void
}

/** The nodes of a local cluster, and the server's ways to and from them. */
export class LocalNodes {
  readonly #config: ClusterConfig
  readonly #folder: ClusterFolder
  readonly #pki: Pki
  readonly #tools: Tools
  readonly #identities = new Map<string, Promise<KeyPair>>()
  #netns: Netns | undefined
  /** Settled once the fabric can be reached, or never will be. */
  readonly #reachable: Promise<void>
  #reached: () => void = () => {}

  constructor(config: ClusterConfig, folder: ClusterFolder, pki: Pki, tools: Tools) {
    this.#config = config
    this.#folder = folder
    this.#pki = pki
    this.#tools = tools
    this.#reachable = new Promise(resolve => {
      this.#reached = resolve
    })
  }

  /** The API server's address inside the fabric. */
  static gateway({ fabricSubnet }: ClusterConfig): string {
    return addressIn(fabricSubnet, 1)
  }
  static address({ fabricSubnet }: ClusterConfig, index: number): string {
    return addressIn(fabricSubnet, FIRST_ADDRESS + index)
  }

  /** Reaches addresses inside the fabric from this process. */
  dialer(kubeletClient: KeyPair): NodeDialer {
    return {
      dial: (host, port) => this.#dial(host, port),
      kubelet: { ...kubeletClient, ca: this.#pki.ca.certificate },
    }
  }

  /** Makes the fabric, lets the API server listen in it, starts every node, and brings node ports to loopback. */
  async start(plane: ControlPlane, http: HttpServer, signal: AbortSignal): Promise<void> {
    const { nodes, hollowNodes, address } = this.#config
    const { clock, log } = this.#tools
    if (hollowNodes > 0) {
      const client = plane.clientFor({ name: 'system:hollow-nodes', groups: ['system:masters'] }, 'kubelet')
      await startHollowNodes({ client, clock, random: systemRandom, signal, count: hollowNodes, prefix: 'hollow-' })
    }
    if (nodes === 0) {
      this.#reached()
      return
    }
    const fabric = fabricOf(this.#config.name, this.#config.fabricSubnet)
    await ensureFabric(fabric)
    this.#netns = openNetns(namespaceFile(fabric.namespace))
    this.#reached()
    http.adopt(await this.#netns.listen(fabric.gateway, API_PORT))
    const client = plane.clientFor({ name: 'system:apiserver', groups: ['system:masters'] }, 'kube-apiserver')
    await publishApiServer(client, fabric.gateway, API_PORT)
    labelControlPlane(nodeName(this.#config, 0), { client, clock, random: systemRandom, signal, log })
    const { fixed } = await startLoopbackForwarder({
      client,
      clock,
      random: systemRandom,
      signal,
      address,
      nodeAddresses: Array.from({ length: nodes }, (_, i) => LocalNodes.address(this.#config, i)),
      dial: (host, port) => this.#dial(host, port),
      fixed: INGRESS_PORTS,
      bind: () => this.#netns!.bind(fabric.gateway, 0),
      log,
    })
    this.#folder.writePorts({ http: fixed.get(80), https: fixed.get(443) })
    const seed = await imagesForNewNodes(this.#config, this.#folder, clock)
    await Promise.all(Array.from({ length: nodes }, (_, i) => this.#startNode(i, seed)))
    await this.#connectNodes()
  }

  async close(): Promise<void> {
    this.#netns?.close()
  }

  async #dial(host: string, port: number): Promise<Socket> {
    await this.#reachable
    if (!this.#netns) throw new Error('the cluster has no nodes')
    return this.#netns.connect(host, port)
  }

  async #startNode(index: number, seed: string | undefined): Promise<LocalNode> {
    const config = this.#config
    const name = nodeName(config, index)
    const dir = this.#folder.node(name)
    const address = LocalNodes.address(config, index)
    const file = await this.#writeAgentConfig(name, address, index, dir)
    const node = await startLocalNode(
      {
        cluster: config.name,
        name,
        dir,
        fabric: fabricOf(config.name, config.fabricSubnet),
        address,
        podCidrs: [podRange(config, index)],
        sandboxImage: PAUSE_IMAGE,
        ...(seed !== undefined && { imageSeed: seed }),
        agent: { command: [...programCommand(), 'agent', '--config', file] },
        nameservers: [address],
        egress: egress(),
      },
      this.#tools.clock,
    )
    this.#tools.log(`node ${name}: containerd is ready at ${address}`)
    return node
  }

  /** The certificate of a component that runs on every node. */
  #identity(component: string): Promise<KeyPair> {
    const known = this.#identities.get(component)
    if (known) return known
    const made = this.#pki.leaf(component.replace('system:', ''), { commonName: component })
    this.#identities.set(component, made)
    return made
  }

  /** The agent's own certificate and everything it has to know, in one file that only root can read. */
  async #writeAgentConfig(name: string, address: string, index: number, dir: string): Promise<string> {
    const config = this.#config
    const [kubelet, proxy, dns, localPath, serving] = await Promise.all([
      this.#pki.leaf(`node-${name}`, { commonName: `system:node:${name}`, organizations: ['system:nodes'] }),
      this.#identity('system:kube-proxy'),
      this.#identity('system:kube-dns'),
      this.#identity('system:local-path-provisioner'),
      this.#pki.leaf(`kubelet-${name}`, {
        commonName: `system:node:${name}`,
        organizations: ['system:nodes'],
        hosts: [name, address, '127.0.0.1'],
      }),
    ])
    const agent: AgentConfig = {
      cluster: config.name,
      nodeName: name,
      address,
      server: `https://${LocalNodes.gateway(config)}:${API_PORT}`,
      ca: this.#pki.ca.certificate,
      clients: { kubelet, proxy, dns, localPath },
      serving,
      criSocket: CRI_SOCKET,
      podCgroup: nodeCgroups(config.name, name).pods,
      podCidr: podRange(config, index),
      clusterCidr: config.podCidr,
      clusterDns: dnsServiceAddress(config),
      apiService: apiServiceAddress(config),
      clusterDomain: DNS_DOMAIN,
      pauseImage: PAUSE_IMAGE,
      ...(index === 0 && {
        ingress: {
          client: await this.#identity('system:ingress-nginx'),
          certificate: await this.#ingressCertificate(),
          publishAddress: config.address,
        },
      }),
    }
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const file = path.join(dir, 'agent.json')
    writeFileSync(`${file}.new`, JSON.stringify(agent), { mode: 0o600 })
    renameSync(`${file}.new`, file)
    return file
  }

  #ingressCertificate(): Promise<KeyPair> {
    return this.#pki.leaf('ingress', {
      commonName: 'Kubernetes Ingress Controller Fake Certificate',
      hosts: ['ingress.local'],
    })
  }

  /** Lets every node find the pods of the others. */
  async #connectNodes(): Promise<void> {
    const config = this.#config
    const all = Array.from({ length: config.nodes }, (_, i) => ({
      podCidr: podRange(config, i),
      via: LocalNodes.address(config, i),
    }))
    await Promise.all(
      all.map((_, i) => {
        const others = all.filter((_, j) => j !== i)
        return addPodRoutes(others, `tsukube-${config.name}-${nodeName(config, i)}`)
      }),
    )
  }
}

/** Whether pods may reach what is outside the cluster, by TSUKUBE_EGRESS. */
const egress = () => (process.env.TSUKUBE_EGRESS === 'nat' ? 'nat' : 'none')

/**
 * What new nodes begin with: the images that nodes need before they can pull any, made from Debian packages the first time,
 * and all others that were made on this machine. Undefined where there is no new node.
 */
export async function imagesForNewNodes(
  config: ClusterConfig,
  folder: ClusterFolder,
  clock: Clock,
): Promise<string | undefined> {
  const nodes = Array.from({ length: config.nodes }, (_, i) => nodeFiles(folder.node(nodeName(config, i))))
  if (nodes.every(({ containerd }) => existsSync(containerd))) return undefined
  const cache = path.join(cacheFolder(), 'images')
  mkdirSync(cache, { recursive: true })
  const images = [...(await buildImages(systemImages, cache)), ...(await cachedImages(demoImages, cache))]
  return imageSeed(images, cache, clock)
}
