import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pod as podKind } from '../../api/core/pod.ts'
import { badRequest } from '../../apimachinery/errors.ts'
import { translateRemoteCommand } from '../../apimachinery/httpstream/remotecommand.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { Query } from '../request.ts'
import { containerOf, podOf } from './containers.ts'
import { dialKubelet } from './kubelet.ts'
import { relayUpgrade } from './relay-upgrade.ts'
import type { ConnectSubresource, Target } from './subresource.ts'

const STREAMS = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' }

/** exec and attach differ only in where they lead. */
function remoteCommand(name: 'exec' | 'attach'): ConnectSubresource {
  return {
    name,
    kind: {
      ...podKind,
      group: '',
      version: 'v1',
      kind: name === 'exec' ? 'PodExecOptions' : 'PodAttachOptions',
    } as unknown as Kind,
    methods: ['GET', 'POST'],
    async connect() {
      throw badRequest('Upgrade request required')
    },
    upgrade: (target, request, socket, head) => upgrade(name, target, request, socket, head),
  }
}

async function upgrade(
  name: string,
  target: Target,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const query = new Query((request.url ?? '').split('?')[1] ?? '')
  const pod = podOf(target)
  const container = containerOf(pod, query.string('container'))
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  const search = new URLSearchParams()
  for (const [from, to] of Object.entries(STREAMS)) if (query.bool(from)) search.set(to, '1')
  for (const word of query.all('command')) search.append('command', word)
  const path = `/${name}/${pod.metadata.namespace}/${pod.metadata.name}/${container}?${search}`
  const kubelet = await dialKubelet(target.server, pod.spec.nodeName)
  if (String(request.headers.upgrade).toLowerCase() === 'websocket') {
    const flags = {
      stdin: query.bool('stdin'),
      stdout: query.bool('stdout'),
      stderr: query.bool('stderr'),
      tty: query.bool('tty'),
    }
    await translateRemoteCommand(request, socket, head, kubelet, path, flags)
  } else relayUpgrade(request, socket, head, kubelet, path, { method: 'POST' })
}

/** Runs a command in a container. */
export const exec = remoteCommand('exec')
/** Joins the streams of a container's own process. */
export const attach = remoteCommand('attach')
