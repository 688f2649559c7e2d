import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { type Clock, systemClock } from '../apimachinery/clock.ts'
import { type Random, systemRandom } from '../apimachinery/random.ts'
import type { Client } from '../client/client.ts'
import { startHollowNodes } from '../kubelet/hollow.ts'
import { openMemoryStore } from '../storage/memory.ts'
import type { Store } from '../storage/store.ts'
import { ControlPlane, type ControlPlaneOptions, DRAIN_MS } from './control-plane.ts'
import type { ControlPlaneFlags } from './control-plane-flags.ts'
import { type Access, kubeconfigText } from './kubeconfig.ts'
import { Pki } from './pki/pki.ts'

export interface CreateClusterOptions extends ControlPlaneFlags {
  /** Hollow nodes: they run pods in name only. Default 1. */
  readonly hollowNodes?: number
  /** Whether controllers and scheduler run. Default true. */
  readonly controllers?: boolean
  /** Where objects are kept; in memory when left out. Not closed by `stop` when given. */
  readonly store?: Store
  readonly clock?: Clock
  readonly random?: Random
  /** Told of what fails without anybody waiting for it: reconciles, and files that change and cannot be used. */
  readonly onError?: ControlPlaneOptions['onError']
}

/** A control plane inside this process. */
export interface Cluster {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** An administrator's kubeconfig, for any client. */
  readonly kubeconfig: string
  readonly access: Access
  /** An administrator's client in this process. */
  readonly client: Client
  readonly controlPlane: ControlPlane
  /** Refuses new requests, ends watches, and lets what is worked on finish, for `ms` at most (3,000 when left out). */
  drain(ms?: number): Promise<void>
  /** Ends the cluster; nothing of it is left. */
  stop(): Promise<void>
}

/**
 * A whole control plane in this Node process, on a port of its own and in memory: for tests of controllers, operators and
 * charts. Ready when it resolves.
 */
export async function createCluster(options: CreateClusterOptions = {}): Promise<Cluster> {
  const { hollowNodes = 1, controllers = true, clock = systemClock, random = systemRandom } = options
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-'))
  const pki = await Pki.open(folder, systemClock)
  const serving = await pki.leaf('apiserver', { commonName: 'kube-apiserver', hosts: ['127.0.0.1', 'localhost'] })
  const frontProxy = await pki.frontProxy()
  rmSync(folder, { recursive: true, force: true })
  const token = randomBytes(24).toString('base64url')
  const store = options.store ?? openMemoryStore()
  const plane = await ControlPlane.start({
    ...options,
    store,
    clock,
    random,
    serviceAccountKey: pki.serviceAccountKey,
    ca: pki.ca.certificate,
    caKey: pki.ca.key,
    frontProxy,
    ranges: { clusterIPs: '10.96.0.0/16', nodePorts: [30000, 32767] },
    apiServiceAddress: '10.96.0.1',
    staticTokens: new Map([[token, { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }]]),
    signal: end.signal,
  })
  const http = await plane.server.listen('127.0.0.1', 0, { ...serving, clientCa: pki.ca.certificate })
  if (controllers) {
    await plane.run()
    await defaultAccount(plane.client)
  }
  if (hollowNodes > 0) {
    const client = plane.clientFor({ name: 'system:hollow-nodes', groups: ['system:masters'] }, 'kubelet')
    await startHollowNodes({ client, clock, random, signal: end.signal, count: hollowNodes, prefix: 'node-' })
  }
  const access = { server: `https://127.0.0.1:${http.port}`, ca: pki.ca.certificate, token }
  return {
    url: access.server,
    access,
    kubeconfig: kubeconfigText('tsukube', access),
    client: plane.client,
    controlPlane: plane,
    drain: (ms = DRAIN_MS) => plane.server.drain(ms),
    async stop() {
      end.abort()
      await http.close()
      await plane.server.close()
      if (!options.store) await store.close()
    },
  }
}

/** Resolves once pods can be made in the namespace `default`: they need its service account. */
async function defaultAccount(client: Client): Promise<void> {
  const made = new AbortController()
  await client
    .watch(serviceAccount, { namespace: 'default' }, made.signal, ({ object }) => {
      if (object.metadata.name === 'default') made.abort()
    })
    .catch(error => {
      if (!made.signal.aborted) throw error
    })
}
