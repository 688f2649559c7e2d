import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Status } from '../../apimachinery/errors.ts'

/** Answers a request to upgrade with a plain HTTP error. */
export function refuseUpgrade(socket: Duplex, status: Status): void {
  if (socket.destroyed) return
  const body = JSON.stringify(status)
  socket.end(
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
