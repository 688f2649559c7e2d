import https from 'node:https'
import WebSocket from 'ws'
import type { KubeletNode } from './kubelet-node.ts'

/** An administrator's requests over HTTPS, for what typed clients do not do: logs, exec. */
export interface ApiAccess {
  /** A GET's answer, whatever its status. */
  get(path: string): Promise<{ status: number; body: string }>
  /** What arrives, piece by piece, until the signal aborts. */
  stream(path: string, onText: (text: string) => void, signal: AbortSignal): void
  /** Runs a command in a container over WebSocket. */
  exec(path: string, input?: string): Promise<{ stdout: string; stderr: string; status: { status: string } }>
}

export async function apiAccess({ pki, server }: KubeletNode): Promise<ApiAccess> {
  const admin = await pki.issue({ commonName: 'admin', organizations: ['system:masters'] })
  const tls = { ca: pki.ca.certificate, cert: admin.certificate, key: admin.key }
  return {
    get: path =>
      new Promise((resolve, reject) => {
        const request = https.get(`${server}${path}`, tls, response => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', text => (body += text))
          response.on('end', () => resolve({ status: response.statusCode!, body }))
        })
        request.on('error', reject)
      }),
    stream(path, onText, signal) {
      const request = https.get(`${server}${path}`, { ...tls, signal }, response => {
        response.setEncoding('utf8')
        response.on('data', onText)
        response.on('error', () => {})
      })
      request.on('error', () => {})
    },
    exec: (path, input) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`${server.replace('https', 'wss')}${path}`, ['v5.channel.k8s.io'], tls)
        const out = ['', '', '', '']
        socket.on('message', (data: Buffer) => {
          out[data[0]!] += data.toString('utf8', 1)
        })
        socket.on('open', () => {
          if (input === undefined) return
          socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(input)]))
          socket.send(Buffer.from([255, 0]))
        })
        socket.on('close', () => resolve({ stdout: out[1]!, stderr: out[2]!, status: JSON.parse(out[3] || '{}') }))
        socket.on('error', reject)
      }),
  }
}
