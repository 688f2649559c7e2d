import { pod as podKind } from '../../api/core/pod.ts'
import { badRequest, StatusError } from '../../apimachinery/errors.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { containerOf, podOf } from './containers.ts'
import { dialKubelet, requestOver } from './kubelet.ts'
import { sendThrough } from './relay-response.ts'
import type { ConnectSubresource } from './subresource.ts'

const PARAMETERS = [
  'follow',
  'previous',
  'sinceSeconds',
  'sinceTime',
  'timestamps',
  'tailLines',
  'limitBytes',
  'stream',
] as const

/** GET pods/NAME/log: what a container wrote, from its kubelet. */
export const log: ConnectSubresource = {
  name: 'log',
  kind: podKind as unknown as Kind,
  methods: ['GET'],

  async connect(target, exchange) {
    const { query } = exchange
    if (query.has('sinceSeconds') && query.has('sinceTime'))
      throw badRequest('at most one of sinceTime or sinceSeconds may be specified')
    const pod = podOf(target)
    const container = containerOf(pod, query.string('container'))
    if (!pod.spec.nodeName) return exchange.respond(200, 'text/plain', '')
    const search = new URLSearchParams()
    for (const name of PARAMETERS) if (query.has(name)) search.set(name, query.string(name))
    const { namespace, name } = pod.metadata
    const connection = await dialKubelet(target.server, pod.spec.nodeName)
    const path = `/containerLogs/${namespace}/${name}/${container}?${search}`
    const response = await requestOver(connection, { method: 'GET', path, signal: exchange.signal })
    if (response.statusCode !== 200) {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString().trim()
      throw new StatusError(response.statusCode ?? 500, response.statusCode === 404 ? 'NotFound' : 'BadRequest', text)
    }
    await sendThrough(response, exchange, connection, 'text/plain')
  },
}
