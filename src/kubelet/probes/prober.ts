import net from 'node:net'
import { Client, credentials } from '@grpc/grpc-js'
import type { Container } from '../../api/core/pod/container.ts'
import type { Probe } from '../../api/core/pod/probe.ts'
import type { CriClient } from '../cri/client.ts'
import { CriError } from '../cri/error.ts'
import { message, oneOf, string } from '../cri/protobuf.ts'
import { get, headersOf, portNumber, urlOf } from '../hooks/http.ts'

/** How one check went. `unknown` is neither: it counts for nothing. */
export interface ProbeResult {
  readonly result: 'success' | 'failure' | 'unknown' | 'warning'
  readonly output: string
}

export interface ProbeTarget {
  readonly container: Container
  readonly containerId: string
  readonly podIP: string
}

/** Makes one check; `signal` ends it at its timeout. */
export async function probeOnce(
  probe: Probe,
  target: ProbeTarget,
  cri: CriClient,
  signal: AbortSignal,
  timeoutSeconds: number,
): Promise<ProbeResult> {
  if (probe.exec) return execProbe(probe.exec.command ?? [], target, cri, signal, timeoutSeconds)
  if (probe.httpGet) return httpProbe(probe.httpGet, target, signal)
  if (probe.tcpSocket) {
    const { host, port } = probe.tcpSocket
    return tcpProbe(host || target.podIP, portNumber(target.container, port), signal)
  }
  if (probe.grpc) return grpcProbe(target.podIP, probe.grpc.port, probe.grpc.service ?? '', signal, timeoutSeconds)
  return { result: 'unknown', output: 'missing probe handler' }
}

/** Output that goes into an event at most. */
const MAX_OUTPUT = 10 << 10

async function execProbe(
  cmd: readonly string[],
  { containerId }: ProbeTarget,
  cri: CriClient,
  signal: AbortSignal,
  timeout: number,
): Promise<ProbeResult> {
  try {
    const { exitCode, stdout, stderr } = await cri.runtime.execSync({ containerId, cmd, timeout }, { signal })
    const output = Buffer.concat([stdout, stderr]).toString('utf8', 0, MAX_OUTPUT)
    return { result: exitCode === 0 ? 'success' : 'failure', output }
  } catch (error) {
    if (signal.aborted) throw error
    if (
      error instanceof CriError &&
      /timeout|DeadlineExceeded|deadline exceeded/i.test(`${error.code} ${error.details}`)
    ) {
      return { result: 'failure', output: `command timed out: "${cmd.join(' ')}" timed out after ${timeout}s` }
    }
    return { result: 'unknown', output: (error as Error).message }
  }
}

/** As upstream's client says it when time is up. */
const TIMED_OUT = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
const MAX_REDIRECTS = 10

async function httpProbe(
  action: NonNullable<Probe['httpGet']>,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeResult> {
  let url = urlOf(target.container, action, target.podIP)
  const headers = headersOf(action, 'kube-probe/1.36')
  try {
    for (let hops = 0; ; hops++) {
      const { status, body, location } = await get(url, headers, signal)
      const next = location && status >= 300 && status < 400 ? new URL(location, url) : undefined
      if (next && next.hostname === url.hostname && hops < MAX_REDIRECTS) {
        url = next
        continue
      }
      if (next) return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` }
      if (status >= 200 && status < 400) return { result: 'success', output: body }
      return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` }
    }
  } catch (error) {
    return { result: 'failure', output: `Get "${url.href}": ${signal.aborted ? TIMED_OUT : dialError(error)}` }
  }
}

/** A failed connection in Go's words. */
function dialError(error: unknown): string {
  const { code, address, port, message: text } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const where = address ? `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: ` : ''
  switch (code) {
    case 'ECONNREFUSED':
      return `${where}connect: connection refused`
    case 'EHOSTUNREACH':
      return `${where}connect: no route to host`
    case 'ENETUNREACH':
      return `${where}connect: network is unreachable`
    case 'ECONNRESET':
      return 'read: connection reset by peer'
    default:
      return text
  }
}

function tcpProbe(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise(resolve => {
    const socket = net.connect({ host, port })
    const end = (result: ProbeResult) => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(result)
    }
    const onAbort = () => end({ result: 'failure', output: `dial tcp ${host}:${port}: i/o timeout` })
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => end({ result: 'success', output: '' }))
    socket.once('error', error => end({ result: 'failure', output: dialError(error) }))
  })
}

const healthRequest = message({ service: string(1) })
const healthResponse = message({ status: oneOf('UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN')(1) })

/** Asks the gRPC health service (grpc.health.v1). */
function grpcProbe(
  host: string,
  port: number,
  service: string,
  signal: AbortSignal,
  timeout: number,
): Promise<ProbeResult> {
  const address = host.includes(':') ? `[${host}]` : host
  const client = new Client(`${address}:${port}`, credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.36',
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
  })
  return new Promise(resolve => {
    const end = (result: ProbeResult) => {
      signal.removeEventListener('abort', onAbort)
      client.close()
      resolve(result)
    }
    const late = `timeout: failed to connect service "${address}:${port}" within ${timeout}s: context deadline exceeded`
    const onAbort = () => end({ result: 'failure', output: late })
    signal.addEventListener('abort', onAbort, { once: true })
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (value: { service: string }) => healthRequest.encode(value),
      bytes => healthResponse.decode(bytes),
      { service },
      (error, response) => {
        if (error) end({ result: 'failure', output: `error: health rpc probe failed: ${error.message}` })
        else if (response?.status === 'SERVING') end({ result: 'success', output: 'service healthy' })
        else end({ result: 'failure', output: `service unhealthy (responded with "${response?.status}")` })
      },
    )
  })
}
