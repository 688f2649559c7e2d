import http2 from 'node:http2'
import type { Access } from '../../../src/cluster/kubeconfig.ts'
import { type ClientStep, Refused, type ScriptClient } from './step.ts'

// biome-ignore lint/suspicious/noExplicitAny: it reads whatever the server answers
type Json = any
const TYPES: Partial<Record<ClientStep['do'], [method: string, type: string]>> = {
  create: ['POST', 'application/json'],
  get: ['GET', ''],
  replace: ['PUT', 'application/json'],
  merge: ['PATCH', 'application/merge-patch+json'],
  strategic: ['PATCH', 'application/strategic-merge-patch+json'],
  json: ['PATCH', 'application/json-patch+json'],
  apply: ['PATCH', 'application/apply-patch+yaml'],
  delete: ['DELETE', ''],
  deletecollection: ['DELETE', ''],
}

/** The script over one HTTP/2 connection, with nothing between it and the protocol. */
export function http2Client({ server, ca, token }: Access, namespace: string): ScriptClient {
  const session = http2.connect(server, { ca })
  const open = (method: string, path: string, type: string, body?: object) => {
    const head = { ':method': method, ':path': path, authorization: `Bearer ${token}` }
    const stream = session.request({ ...head, ...(type && { 'content-type': type }) }, { endStream: false })
    stream.setEncoding('utf8')
    stream.end(body && JSON.stringify(body))
    return stream
  }
  const ask = async (method: string, path: string, type = '', body?: object): Promise<Json> => {
    let text = ''
    for await (const chunk of open(method, path, type, body)) text += chunk
    const answer = JSON.parse(text)
    if (answer.kind === 'Status' && answer.status === 'Failure') throw new Refused(answer.reason, answer.message)
    return answer
  }
  const events = (path: string) => eventsOf(open('GET', path, ''))
  const followed = new Map<string, AsyncGenerator<{ type: string; object: Json }>>()

  return {
    async run(step) {
      const { apiVersion, plural, name, subresource, scope, body } = step
      const all = `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}${scope ? '' : `/namespaces/${namespace}`}/${plural}`
      const path = step.do === 'create' && !subresource ? all : `${all}/${name}${subresource ? `/${subresource}` : ''}`
      const query = queryOf(step)
      switch (step.do) {
        case 'list': {
          const names: string[] = []
          for (let more: string | undefined = ''; more !== undefined; ) {
            const page: Json = await ask('GET', `${all}?${query}${more && `&continue=${encodeURIComponent(more)}`}`)
            if (step.limit && page.items.length > step.limit) throw new Error(`${page.items.length} items on a page`)
            names.push(...page.items.map((item: Json) => item.metadata.name))
            more = page.metadata.continue || undefined
          }
          return names
        }
        case 'follow':
          // One request for what is there and what comes: a streaming list.
          followed.set(
            name,
            events(
              `${all}?${query}&watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1`,
            ),
          )
          return
        case 'heard': {
          const heard: string[] = []
          for await (const { type, object } of followed.get(name)!) {
            if (type !== 'BOOKMARK') heard.push(`${type} ${object.metadata.name}`)
            if (heard.length === step.count) break
          }
          return heard
        }
        case 'until': {
          const selected = `${all}?fieldSelector=metadata.name%3D${name}`
          const { items, metadata } = await ask('GET', selected)
          if (step.condition === 'deleted' ? items.length === 0 : hasCondition(items[0], step.condition!)) return
          for await (const { type, object } of events(
            `${selected}&watch=1&resourceVersion=${metadata.resourceVersion}`,
          )) {
            if (step.condition === 'deleted' ? type === 'DELETED' : hasCondition(object, step.condition!)) return
          }
          throw new Error('the watch has ended')
        }
        case 'deletecollection':
          return ask('DELETE', `${all}?${query}`)
        default: {
          const [method, type] = TYPES[step.do]!
          return ask(method, query ? `${path}?${query}` : path, type, body)
        }
      }
    },
    end: () => session.destroy(),
  }
}

async function* eventsOf(stream: AsyncIterable<string>): AsyncGenerator<{ type: string; object: Json }> {
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) yield JSON.parse(line)
  }
}

function queryOf({ do: verb, labels, fields, limit, dryRun, manager, force, propagation }: ClientStep): string {
  return new URLSearchParams({
    ...(labels && { labelSelector: labels }),
    ...(fields && { fieldSelector: fields }),
    ...(limit && { limit: String(limit) }),
    ...(dryRun && { dryRun: 'All' }),
    ...(verb === 'apply' && { fieldManager: manager!, force: String(!!force) }),
    ...(propagation && { propagationPolicy: propagation }),
  }).toString()
}

const hasCondition = (object: Json, condition: string): boolean =>
  !!object?.status?.conditions?.some((c: Json) => `${c.type}=${c.status}` === condition)
