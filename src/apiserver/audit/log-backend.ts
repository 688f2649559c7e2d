import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../apimachinery/clock.ts'
import { MachineError } from '../../apimachinery/machine-error.ts'
import type { AuditBackend, AuditEvent } from './event.ts'

export interface LogOptions {
  /** The file, or `-` for standard output. */
  readonly path: string
  /** Days that old files are kept; 0 for ever. */
  readonly maxAge: number
  /** How many old files are kept; 0 for all. */
  readonly maxBackup: number
  /** Megabytes after which a file is put aside; 0 for never. */
  readonly maxSize: number
}

const MEGABYTE = 1 << 20
const DAY_MS = 86_400_000
/** `audit-2026-01-02T03-04-05.678.log` */
const STAMP = /^-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3})$/

/** A file with one event in JSON on each line, put aside when it has grown; an event is in the file before its request goes on. */
export class LogBackend implements AuditBackend {
  readonly #options: LogOptions
  readonly #clock: Clock
  #fd: number
  #size = 0

  /** Throws MachineError when the file cannot be written. */
  constructor(options: LogOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    try {
      this.#fd = this.#open()
    } catch (error) {
      throw new MachineError(
        `The audit log ${options.path} cannot be written`,
        (error as Error).message,
        'Name another file with --audit-log-path.',
      )
    }
  }

  take(event: AuditEvent): void {
    if (this.#fd < 0) return
    const line = Buffer.from(`${JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event })}\n`)
    const { maxSize } = this.#options
    if (maxSize > 0 && this.#size > 0 && this.#size + line.length > maxSize * MEGABYTE) this.#rotate()
    writeSync(this.#fd, line)
    this.#size += line.length
  }

  async close(): Promise<void> {
    if (this.#fd > 2) closeSync(this.#fd)
    this.#fd = -1
  }

  #open(): number {
    const file = this.#options.path
    if (file === '-') return 1
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    const fd = openSync(file, 'a', 0o600)
    this.#size = statSync(file).size
    return fd
  }

  #rotate(): void {
    const file = this.#options.path
    if (file === '-') return
    const { dir, name, ext } = path.parse(file)
    const stamp = new Date(this.#clock.now()).toISOString().slice(0, 23).replaceAll(':', '-')
    closeSync(this.#fd)
    renameSync(file, path.join(dir, `${name}-${stamp}${ext}`))
    this.#fd = this.#open()
    this.#removeOld(dir, name, ext)
  }

  #removeOld(dir: string, name: string, ext: string): void {
    const { maxAge, maxBackup } = this.#options
    const stampOf = (file: string) =>
      file.startsWith(name) && file.endsWith(ext)
        ? STAMP.exec(file.slice(name.length, file.length - ext.length))?.[1]
        : ''
    const old = readdirSync(dir)
      .flatMap(file => (stampOf(file) ? [{ file, stamp: stampOf(file)! }] : []))
      .sort((a, b) => (a.stamp < b.stamp ? 1 : -1))
    const oldest = maxAge > 0 ? this.#clock.now() - maxAge * DAY_MS : Number.NEGATIVE_INFINITY
    for (const [i, { file, stamp }] of old.entries()) {
      const made = Date.parse(`${stamp.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')}Z`)
      if ((maxBackup > 0 && i >= maxBackup) || made < oldest) rmSync(path.join(dir, file), { force: true })
    }
  }
}
