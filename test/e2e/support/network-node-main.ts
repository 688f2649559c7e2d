/** The network of one node, with an API server of its own that the test writes to over IPC. Runs in the node's namespace. */
import { mkdirSync } from 'node:fs'
import { namespace } from '../../../src/api/core/namespace.ts'
import { eventsEvent } from '../../../src/api/events/index.ts'
import { allKinds } from '../../../src/api/index.ts'
import { systemClock } from '../../../src/apimachinery/clock.ts'
import { isReason } from '../../../src/apimachinery/errors.ts'
import { systemRandom } from '../../../src/apimachinery/random.ts'
import type { Kind, KubeObject } from '../../../src/apimachinery/schema/kind.ts'
import { startApiServer } from '../../../src/apiserver/apiserver.ts'
import type { ServiceAccountTokens } from '../../../src/apiserver/authentication/service-account-token.ts'
import { LocalTransport } from '../../../src/apiserver/local-transport.ts'
import { Client } from '../../../src/client/client.ts'
import { Informers } from '../../../src/client/informers.ts'
import { versionInfo } from '../../../src/cluster/version.ts'
import { startDns } from '../../../src/network/dns/index.ts'
import { startIngress } from '../../../src/network/ingress/index.ts'
import { startServiceProxy } from '../../../src/network/proxy/index.ts'
import { openMemoryStore } from '../../../src/storage/memory.ts'
import type { NetworkNodeReply, NetworkNodeRequest, NetworkNodeSettings } from './network-node.ts'

const settings = JSON.parse(process.argv[2]!) as NetworkNodeSettings
const end = new AbortController()
process.on('disconnect', () => {
  end.abort()
  process.exit(0)
})

const server = await startApiServer({
  store: openMemoryStore(),
  clock: systemClock,
  random: systemRandom,
  kinds: allKinds.filter(kind => kind !== eventsEvent),
  version: versionInfo,
  configure: () => ({
    authenticators: [],
    authorizer: { authorize: () => ({ verdict: 'allow', reason: '' }) },
    admission: [],
    tokens: undefined as unknown as ServiceAccountTokens,
  }),
})
const client = new Client(new LocalTransport(server, { name: 'system:admin', groups: ['system:masters'] }))
await client.create(namespace, { metadata: { name: 'default' } })
await client.create(namespace, { metadata: { name: 'kube-system' } })

const shared = {
  client,
  informers: new Informers(client, systemClock, systemRandom, end.signal),
  clock: systemClock,
  random: systemRandom,
  signal: end.signal,
  log: (line: string) => send({ log: line }),
  nodeName: settings.nodeName,
  nodeAddress: settings.nodeAddress,
}
await startServiceProxy({ ...shared, clusterCidr: '10.244.0.0/16' })
await startDns({ ...shared, domain: 'cluster.local' })
if (settings.ingress) {
  mkdirSync(settings.ingress.dir, { recursive: true })
  await startIngress({
    ...shared,
    dir: settings.ingress.dir,
    defaultCertificate: settings.ingress.certificate,
    publishAddress: '127.0.0.1',
  })
}
process.on('message', message => void serve(message as NetworkNodeRequest))
send({ ready: true })

async function serve({ id, verb, object }: NetworkNodeRequest): Promise<void> {
  try {
    if (verb === 'delete') await client.delete(kindOf(object), object.metadata)
    else await apply(object)
    send({ id })
  } catch (error) {
    send({ id, error: (error as Error).message })
  }
}

async function apply(object: KubeObject): Promise<void> {
  const { status } = object as KubeObject & { status?: unknown }
  try {
    await client.create(kindOf(object), object)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error
    await client.patch(kindOf(object), object.metadata, 'merge', object)
  }
  if (status) await client.patch(kindOf(object), object.metadata, 'merge', { status }, { subresource: 'status' })
}

function kindOf({ kind, apiVersion }: KubeObject): Kind {
  return allKinds.find(k => k.kind === kind && k.apiVersion === apiVersion) as Kind
}

function send(reply: NetworkNodeReply): void {
  process.send?.(reply)
}
