import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Deployment, deployment as deploymentKind } from '../api/apps/deployment.ts'
import { service as serviceKind } from '../api/core/service.ts'
import { allKinds } from '../api/index.ts'
import { anySignal } from '../apimachinery/abort.ts'
import { systemClock } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import { MachineError } from '../apimachinery/machine-error.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import { parseYamlDocuments } from '../apimachinery/yaml.ts'
import type { Client } from '../client/client.ts'
import { requireCluster } from './cluster-config.ts'
import { demoImages } from './images/recipes/index.ts'
import { loadMadeImages } from './made-images.ts'
import { criSockets, withAdmin } from './node-access.ts'

const NAMESPACE = 'dev'
const DEPLOYMENTS = ['redis', 'mydemo']
const SERVICE = 'svc-mydemo'
const READY_MS = 120_000

export interface DemoResult {
  /** The page, by its node port on this machine. */
  readonly url: string
  /** The host name and path of its Ingress. */
  readonly ingress: {
    readonly host: string
    readonly path: string
    readonly address: string
    readonly port: number | undefined
  }
}

/** Deploys the demo application on a cluster with containers and waits until it answers. Throws MachineError. */
export async function deployDemo(cluster: string, progress: (line: string) => void): Promise<DemoResult> {
  const folder = requireCluster(cluster)
  const sockets = await criSockets(cluster)
  await loadMadeImages(demoImages, [...sockets.values()], progress)
  return withAdmin(cluster, async client => {
    progress('Deploying the demo')
    for (const document of parseYamlDocuments(readFileSync(manifestFile(), 'utf8')))
      await apply(client, document as KubeObject)
    progress('Waiting until the demo answers')
    await waitForDeployments(client)
    const service = await client.get(serviceKind, { namespace: NAMESPACE, name: SERVICE })
    const { address } = folder.read()
    return {
      url: `http://${address}:${service.spec.ports?.[0]?.nodePort}/`,
      ingress: { host: 'apigateway.test', path: '/mydemo', address, port: folder.readPorts().http },
    }
  })
}

/** The manifests lie beside the program, in the checkout or the package. */
function manifestFile(): string {
  for (let dir = path.dirname(fileURLToPath(import.meta.url)); dir !== '/'; dir = path.dirname(dir)) {
    const file = path.join(dir, 'examples', 'mydemo', 'manifests.yaml')
    if (existsSync(file)) return file
  }
  throw new MachineError('The demo’s manifests cannot be found', 'examples/mydemo is missing', 'Install tsukube again.')
}

async function apply(client: Client, object: KubeObject): Promise<void> {
  const kind = allKinds.find(k => k.apiVersion === object.apiVersion && k.kind === object.kind) as Kind
  if (object.kind === 'Deployment') await keepReplicas(client, object as Deployment)
  await client.patch(kind, object.metadata, 'apply', object, { fieldManager: 'tsukube-demo', force: true })
}

/** A demo that was scaled stays so. */
async function keepReplicas(client: Client, deployment: Deployment): Promise<void> {
  const present = await client.get(deploymentKind, deployment.metadata).catch(error => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  if (present) deployment.spec.replicas = present.spec.replicas
}

async function waitForDeployments(client: Client): Promise<void> {
  const waiting = new Set(DEPLOYMENTS)
  const done = new AbortController()
  const deadline = new AbortController()
  const timer = systemClock.timer(READY_MS, () => deadline.abort())
  try {
    await client.watch(
      deploymentKind,
      { namespace: NAMESPACE },
      anySignal(done.signal, deadline.signal),
      ({ object }) => {
        const { metadata, spec, status } = object
        const current = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
        if (current && status.updatedReplicas === spec.replicas && status.availableReplicas === spec.replicas) {
          waiting.delete(metadata.name!)
        }
        if (waiting.size === 0) done.abort()
      },
    )
  } catch (error) {
    if (done.signal.aborted) return
    if (!deadline.signal.aborted) throw error
    throw new MachineError(
      `The demo was not ready after ${READY_MS / 1000} s`,
      `${[...waiting].join(' and ')} has pods that are not ready`,
      `Look at them: kubectl -n ${NAMESPACE} describe pods`,
    )
  } finally {
    timer.cancel()
  }
}
