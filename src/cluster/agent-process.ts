import { readFileSync } from 'node:fs'
import { systemClock } from '../apimachinery/clock.ts'
import { systemRandom } from '../apimachinery/random.ts'
import { Client } from '../client/client.ts'
import { HttpTransport } from '../client/http-transport.ts'
import { Informers } from '../client/informers.ts'
import { connectCri } from '../kubelet/cri/client.ts'
import { startKubelet } from '../kubelet/index.ts'
import { realFolders, startLocalPathProvisioner } from '../kubelet/local-path/index.ts'
import { startDns } from '../network/dns/index.ts'
import { startIngress } from '../network/ingress/index.ts'
import { startServiceProxy } from '../network/proxy/index.ts'
import { startMirror } from './images/mirror.ts'
import { withPullHint } from './images/pull-hint.ts'
import type { KeyPair } from './pki/certificates.ts'

/** What an agent has to know, written for it by the server that starts its node. */
export interface AgentConfig {
  /** The name of its cluster. */
  readonly cluster: string
  readonly nodeName: string
  readonly address: string
  /** URL of the API server, as the node reaches it. */
  readonly server: string
  /** PEM. */
  readonly ca: string
  /** By which the API server knows the kubelet, which is the node, and what else runs on it. */
  readonly clients: {
    readonly kubelet: KeyPair
    readonly proxy: KeyPair
    readonly dns: KeyPair
    readonly localPath: KeyPair
  }
  /** With which the kubelet serves. */
  readonly serving: KeyPair
  readonly criSocket: string
  /** Where pods' cgroups belong, from a hierarchy's root. */
  readonly podCgroup: string
  readonly podCidr: string
  /** Range of all pods of the cluster. */
  readonly clusterCidr: string
  /** ClusterIP of the DNS service. */
  readonly clusterDns: string
  readonly apiService: string
  readonly clusterDomain: string
  readonly pauseImage: string
  /** Set on the node that runs the ingress. */
  readonly ingress?: { readonly client: KeyPair; readonly certificate: KeyPair; readonly publishAddress: string }
}

/** containerd's content store, inside the node. */
const CONTENT = '/var/lib/containerd/io.containerd.content.v1.content'
/** The ingress's files, inside the node. */
const INGRESS_DIR = '/var/lib/tsukube/ingress'

/** The agent process of a node: kubelet, service proxy, DNS, volumes and ingress. Runs until the signal aborts. */
export async function runAgent(configFile: string, signal: AbortSignal, log: (line: string) => void): Promise<void> {
  const config = JSON.parse(readFileSync(configFile, 'utf8')) as AgentConfig
  const [clock, random] = [systemClock, systemRandom]
  const transports: HttpTransport[] = []
  /** What a component of this node works with, under its own name. */
  const componentOf = (name: string, { certificate, key }: KeyPair) => {
    const { server, ca } = config
    const transport = new HttpTransport({ server, ca, certificate, key, userAgent: `${name}/tsukube` })
    transports.push(transport)
    const client = new Client(transport, name)
    const informers = new Informers(client, clock, random, signal)
    const { nodeName, address: nodeAddress } = config
    return { client, informers, clock, random, signal, log, nodeName, nodeAddress }
  }
  await startMirror({ criSocket: config.criSocket, content: CONTENT, signal })
  const cri = withPullHint(connectCri(config.criSocket, clock), config.cluster)
  const kubelet = await startKubelet({
    ...componentOf('kubelet', config.clients.kubelet),
    cri,
    podCgroup: config.podCgroup,
    podCidr: config.podCidr,
    clusterDns: [config.clusterDns],
    clusterDomain: config.clusterDomain,
    pauseImage: config.pauseImage,
    serving: config.serving,
    clientCa: config.ca,
    // A developer's disk is often nearly full; evicting pods or images for that helps nobody.
    thresholds: { disk: 0, inodes: 0, imagesHigh: 1 },
  })
  await Promise.all([
    startServiceProxy({ ...componentOf('kube-proxy', config.clients.proxy), clusterCidr: config.clusterCidr }),
    startDns({ ...componentOf('kube-dns', config.clients.dns), domain: config.clusterDomain }),
    startLocalPathProvisioner({
      ...componentOf('local-path-provisioner', config.clients.localPath),
      folders: realFolders,
      hostname: node => (node === config.nodeName ? node : undefined),
    }),
    config.ingress &&
      startIngress({
        ...componentOf('ingress-nginx', config.ingress.client),
        dir: INGRESS_DIR,
        defaultCertificate: config.ingress.certificate,
        publishAddress: config.ingress.publishAddress,
      }),
  ])
  log(`agent of ${config.nodeName} is running`)
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await kubelet.stop()
  cri.close()
  await Promise.all(transports.map(transport => transport.close()))
}
