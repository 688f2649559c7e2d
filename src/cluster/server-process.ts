import { setMaxListeners } from 'node:events'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '../apimachinery/clock.ts'
import { systemRandom } from '../apimachinery/random.ts'
import type { HttpServer } from '../apiserver/server/listen.ts'
import { openLmdbStore } from '../storage/lmdb.ts'
import {
  apiServiceAddress,
  type ClusterConfig,
  type ClusterFolder,
  DNS_DOMAIN,
  dnsServiceAddress,
} from './cluster-config.ts'
import { ControlPlane, DRAIN_MS } from './control-plane.ts'
import { kubeconfigText } from './kubeconfig.ts'
import { statOf } from './local-node/process.ts'
import { LocalNodes } from './local-nodes.ts'
import { Pki } from './pki/pki.ts'

/** What `server.json` says of a running server. */
export interface ServerFile {
  readonly pid: number
  readonly startTime: number
  /** When it began to serve, in milliseconds since the epoch. */
  readonly started: number
  readonly address: string
  readonly port: number
}

/**
 * The server process of a local cluster: API server, controllers and scheduler, and the keeper of the cluster's nodes.
 * Runs until the signal aborts. Throws MachineError when it cannot start.
 */
export async function runServer(
  folder: ClusterFolder,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const config = folder.read()
  const pki = await Pki.open(folder.pki, systemClock)
  const certificates = await serverCertificates(pki, config)
  const frontProxy = await pki.frontProxy()
  mkdirSync(folder.store, { recursive: true, mode: 0o700 })
  const store = await openLmdbStore({ path: path.join(folder.store, 'data.mdb') })
  const nodes = new LocalNodes(config, folder, pki, { clock: systemClock, log })
  // Ends all parts, when requests under way have been answered.
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  const plane = await ControlPlane.start({
    ...config.flags,
    store,
    clock: systemClock,
    random: systemRandom,
    serviceAccountKey: pki.serviceAccountKey,
    ca: pki.ca.certificate,
    caKey: pki.ca.key,
    frontProxy,
    ranges: { clusterIPs: config.serviceCidr, nodePorts: config.nodePorts },
    apiServiceAddress: apiServiceAddress(config),
    ...(config.nodes > 0 && { dnsServiceAddress: dnsServiceAddress(config) }),
    nodes: nodes.dialer(certificates.kubeletClient),
    signal: end.signal,
    onError: (component, key, error) => log(`${component}: ${key}: ${(error as Error).message}`),
  })
  const http = await listen(plane, config, certificates.serving, pki)
  announce(folder, config)
  log(`API server ready on https://${config.address}:${config.port}`)
  await plane.run()
  await nodes.start(plane, http, end.signal)
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await plane.server.drain(DRAIN_MS)
  end.abort()
  rmSync(folder.serverFile, { force: true })
  await nodes.close()
  await http.close()
  await plane.server.close()
  await store.close()
}

async function serverCertificates(pki: Pki, config: ClusterConfig) {
  const names = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${DNS_DOMAIN}`,
    'localhost',
  ]
  const gateway = LocalNodes.gateway(config)
  const hosts = [...new Set([...names, '127.0.0.1', config.address, gateway, apiServiceAddress(config)])]
  const [serving, kubeletClient] = await Promise.all([
    pki.leaf('apiserver', { commonName: 'kube-apiserver', hosts }),
    pki.leaf('apiserver-kubelet-client', {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
    }),
  ])
  return { serving, kubeletClient }
}

function listen(
  plane: ControlPlane,
  config: ClusterConfig,
  serving: { certificate: string; key: string },
  pki: Pki,
): Promise<HttpServer> {
  return plane.server.listen(config.address, config.port, { ...serving, clientCa: pki.ca.certificate })
}

/** Says to `up`, `down` and `status` who serves and where; whoever reads it checks that the process is still that one. */
function announce(folder: ClusterFolder, { address, port }: ClusterConfig): void {
  const startTime = statOf(process.pid)?.startTime ?? 0
  const file: ServerFile = { pid: process.pid, startTime, started: systemClock.now(), address, port }
  writeFileSync(`${folder.serverFile}.new`, JSON.stringify(file))
  renameSync(`${folder.serverFile}.new`, folder.serverFile)
}

/** The administrator's way in, made once and kept in the cluster's folder. */
export async function adminAccess(folder: ClusterFolder, config: ClusterConfig) {
  const pki = await Pki.open(folder.pki, systemClock)
  const admin = await pki.leaf('admin', { commonName: 'kubernetes-admin', organizations: ['system:masters'] })
  const access = { server: `https://${config.address}:${config.port}`, ca: pki.ca.certificate, ...admin }
  writeFileSync(folder.kubeconfig, kubeconfigText(config.name, access), { mode: 0o600 })
  return access
}
