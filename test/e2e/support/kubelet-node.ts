import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { systemClock } from '../../../src/apimachinery/clock.ts'
import { systemRandom } from '../../../src/apimachinery/random.ts'
import type { HttpServer } from '../../../src/apiserver/server/listen.ts'
import type { Client } from '../../../src/client/client.ts'
import type { HttpTransportOptions } from '../../../src/client/http-transport.ts'
import { ControlPlane } from '../../../src/cluster/control-plane.ts'
import { buildImages } from '../../../src/cluster/images/build.ts'
import { importImages } from '../../../src/cluster/images/import.ts'
import { busybox } from '../../../src/cluster/images/recipes/busybox.ts'
import { PAUSE_IMAGE, pause } from '../../../src/cluster/images/recipes/pause.ts'
import { namespaceFile } from '../../../src/cluster/local-node/names.ts'
import { type Netns, openNetns } from '../../../src/cluster/local-node/netns-helper.ts'
import type { LocalNode } from '../../../src/cluster/local-node/node.ts'
import { stopLocalNode } from '../../../src/cluster/local-node/node-end.ts'
import { Pki } from '../../../src/cluster/pki/pki.ts'
import type { KubeletOptions } from '../../../src/kubelet/options.ts'
import { openMemoryStore } from '../../../src/storage/memory.ts'
import { imageCache, type TestCluster, testCluster } from './test-cluster.ts'

/** What a kubelet's process reads. */
export interface KubeletConfig {
  readonly api: HttpTransportOptions
  readonly criSocket: string
  readonly kubelet: Omit<KubeletOptions, 'client' | 'informers' | 'clock' | 'random' | 'signal' | 'log' | 'cri'>
}

/** A control plane in this process and one real node with a kubelet of its own. */
export interface KubeletNode {
  readonly client: Client
  readonly plane: ControlPlane
  readonly server: string
  readonly pki: Pki
  readonly cluster: TestCluster
  readonly netns: Netns
  readonly node: () => LocalNode
  /** What the kubelet printed. */
  log(): Promise<string>
  startKubelet(): Promise<void>
  /** With `SIGKILL`, as in a crash. */
  stopKubelet(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Ends the node, with all that runs in it, and starts it again. */
  restartNode(): Promise<void>
  end(): Promise<void>
}

const API_PORT = 6443
const NODE = 'node1'

export async function kubeletNode(more: Partial<KubeletConfig['kubelet']> = {}): Promise<KubeletNode> {
  const cluster = await testCluster()
  const ended = new AbortController()
  const options = cluster.options(1)
  const { fabric, address } = options
  const netns = openNetns(namespaceFile(fabric.namespace))
  const pki = await Pki.open(path.join(cluster.dir, 'pki'), systemClock)
  const store = openMemoryStore()
  const kubeletClient = await pki.issue({ commonName: 'kube-apiserver', organizations: ['system:masters'] })
  const plane = await ControlPlane.start({
    store,
    clock: systemClock,
    random: systemRandom,
    serviceAccountKey: pki.serviceAccountKey,
    ca: pki.ca.certificate,
    ranges: { clusterIPs: '10.96.0.0/16', nodePorts: [30000, 32767] },
    apiServiceAddress: '10.96.0.1',
    nodes: {
      dial: (host, port) => netns.connect(host, port),
      kubelet: { ...kubeletClient, ca: pki.ca.certificate },
    },
    signal: ended.signal,
  })
  const hosts = ['127.0.0.1', 'localhost', fabric.gateway]
  const serving = await pki.issue({ commonName: 'kube-apiserver', hosts })
  const http: HttpServer = await plane.server.listen('127.0.0.1', 0, { ...serving, clientCa: pki.ca.certificate })
  http.adopt(await netns.listen(fabric.gateway, API_PORT))
  await plane.run()

  const images = await buildImages([pause, busybox], imageCache)
  let node = await cluster.start(1)
  await importImages(images, node.criSocket)

  const nodeClient = await pki.issue({ commonName: `system:node:${NODE}`, organizations: ['system:nodes'] })
  const nodeServing = await pki.issue({ commonName: `system:node:${NODE}`, hosts: [address, NODE] })
  const config: KubeletConfig = {
    api: { server: `https://${fabric.gateway}:${API_PORT}`, ca: pki.ca.certificate, ...nodeClient },
    criSocket: '/run/containerd/containerd.sock',
    kubelet: {
      nodeName: NODE,
      nodeAddress: address,
      podCgroup: node.podCgroup,
      podCidr: options.podCidrs[0],
      clusterDns: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
      pauseImage: PAUSE_IMAGE,
      serving: nodeServing,
      clientCa: pki.ca.certificate,
      ...more,
    },
  }
  const file = path.join(cluster.dir, 'kubelet.json')
  const logFile = path.join(cluster.dir, 'kubelet.log')
  await mkdir(cluster.dir, { recursive: true })
  await writeFile(file, JSON.stringify(config))

  let child: ChildProcess | undefined
  const start = async () => {
    const here = fileURLToPath(import.meta.url)
    const tsx = pathToFileURL(createRequire(here).resolve('tsx')).href
    const main = path.join(path.dirname(here), 'kubelet-main.ts')
    const enter = [`--target=${node.pid}`, '--mount', '--net', '--uts', '--ipc', '--pid', '--wd=/']
    const log = openSync(logFile, 'a')
    const started = spawn('nsenter', [...enter, process.execPath, '--import', tsx, main, file], {
      stdio: ['ignore', log, log, 'ipc'],
    })
    child = started
    const exited = once(started, 'exit').then(async () => {
      throw new Error(`the kubelet ended: ${await readFile(logFile, 'utf8')}`)
    })
    exited.catch(() => {})
    await Promise.race([once(started, 'message'), exited])
  }
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    // nsenter has forked to enter the pid namespace: the kubelet is its child.
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    for (const pid of children.trim().split(' ').filter(Boolean)) process.kill(Number(pid), signal)
    await gone
  }
  const self: KubeletNode = {
    client: plane.client,
    plane,
    server: `https://127.0.0.1:${http.port}`,
    pki,
    cluster,
    netns,
    node: () => node,
    log: () => readFile(logFile, 'utf8'),
    startKubelet: start,
    stopKubelet: stop,
    async restartNode() {
      await stop()
      await stopLocalNode(options, systemClock)
      node = await cluster.start(1)
      await start()
    },
    async end() {
      await stop('SIGKILL')
      ended.abort()
      await http.close()
      netns.close()
      await store.close()
      await cluster.end()
    },
  }
  await start()
  return self
}
