import type { IncomingHttpHeaders } from 'node:http'
import type { Status } from '../../apimachinery/errors.ts'
import type { Query } from '../request.ts'
import type { Exchange, ResponseStream } from '../server/exchange.ts'
import type { AuditRecord } from './record.ts'

/** An exchange whose answer is noted in an audit record. */
export class AuditedExchange implements Exchange {
  readonly #exchange: Exchange
  readonly #record: AuditRecord
  #noted: unknown
  #abandoned = false

  constructor(exchange: Exchange, record: AuditRecord) {
    this.#exchange = exchange
    this.#record = record
  }

  get method(): string {
    return this.#exchange.method
  }
  get path(): string {
    return this.#exchange.path
  }
  get query(): Query {
    return this.#exchange.query
  }
  get headers(): IncomingHttpHeaders {
    return this.#exchange.headers
  }
  get signal(): AbortSignal {
    return this.#exchange.signal
  }
  get remoteAddress(): string {
    return this.#exchange.remoteAddress
  }
  get peerCertificate(): Exchange['peerCertificate'] {
    return this.#exchange.peerCertificate
  }

  body(limit: number): Promise<Buffer> {
    return this.#exchange.body(limit)
  }
  setHeader(name: string, value: string | readonly string[]): void {
    this.#exchange.setHeader(name, value)
  }

  note(answer: unknown): void {
    if (this.#record.wantsResponse) this.#noted = answer
  }

  respond(status: number, contentType: string, body: Buffer | string): void {
    this.#answered(status, contentType, body)
    if (this.#record.longRunning) this.#record.stage('ResponseStarted')
    this.#exchange.respond(status, contentType, body)
  }

  abandon(status: number, contentType: string, body: string): void {
    this.#answered(status, contentType, body)
    this.#exchange.abandon(status, contentType, body)
    this.#abandoned = true
  }

  stream(status: number, contentType: string, large?: boolean): ResponseStream {
    this.#record.responseStatus({ metadata: {}, code: status })
    if (this.#record.longRunning) this.#record.stage('ResponseStarted')
    const stream = this.#exchange.stream(status, contentType, large)
    if (!this.#record.wantsResponse) return stream
    const chunks: Buffer[] = []
    return {
      write(chunk) {
        chunks.push(chunk)
        return stream.write(chunk)
      },
      drained: () => stream.drained(),
      get pending() {
        return stream.pending
      },
      end: () => {
        this.#answered(status, contentType, Buffer.concat(chunks))
        stream.end()
      },
    }
  }

  #answered(code: number, contentType: string, body: Buffer | string): void {
    if (this.#abandoned) return
    const wanted = this.#record.wantsResponse
    const object = this.#noted ?? (wanted || mayBeStatus(body) ? parsed(contentType, body) : undefined)
    this.#record.responseStatus(isStatus(object) ? statusFields(object, code) : { metadata: {}, code })
    if (wanted) this.#record.responseObject(object)
  }
}

const STATUS = Buffer.from('{"kind":"Status"')

/** A Status begins so where the server makes it. */
function mayBeStatus(body: Buffer | string): boolean {
  return typeof body === 'string' ? body.startsWith(STATUS.toString()) : STATUS.equals(body.subarray(0, STATUS.length))
}

function parsed(contentType: string, body: Buffer | string): unknown {
  if (!contentType.startsWith('application/json')) return undefined
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

function isStatus(object: unknown): object is Status {
  const { kind, apiVersion } = (object ?? {}) as Partial<Status>
  return kind === 'Status' && apiVersion === 'v1'
}

/** The parts of a Status that are noted as the answer's status. */
export function statusFields({ status, message, reason, details }: Status, code: number): Partial<Status> {
  return { metadata: {}, status, message, reason, details, code }
}
