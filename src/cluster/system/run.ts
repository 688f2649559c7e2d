import { spawn } from 'node:child_process'

/** Where system tools live; a user's PATH often lacks the sbin folders. */
export const TOOL_PATH = [
  ...new Set([
    ...(process.env.PATH ?? '').split(':').filter(Boolean),
    ...sbinFirst('/usr/local'),
    ...sbinFirst('/usr'),
  ]),
  '/sbin',
  '/bin',
].join(':')

function sbinFirst(prefix: string): string[] {
  return [`${prefix}/sbin`, `${prefix}/bin`]
}

/** A command that could not be run or that exited with a status other than 0. */
export class CommandError extends Error {
  readonly command: string
  /** Exit status; null when it could not start or a signal ended it. */
  readonly status: number | null
  readonly stderr: string

  constructor(command: string, status: number | null, stderr: string) {
    super(`${command}: ${stderr.trim() || `exit status ${status}`}`)
    this.name = 'CommandError'
    this.command = command
    this.status = status
    this.stderr = stderr
  }
}

interface RunOptions {
  /** Given on standard input. */
  input?: string
  cwd?: string
  /** Added to the environment. */
  env?: Record<string, string>
  signal?: AbortSignal
}

/** Runs a command and resolves to what it printed; rejects with a CommandError. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env, PATH: TOOL_PATH },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      signal: options.signal,
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout!.on('data', chunk => out.push(chunk))
    child.stderr!.on('data', chunk => err.push(chunk))
    // A command may exit without reading its input; its exit status tells the rest.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input)
    const line = [command, ...args].join(' ')
    child.on('error', error => reject(new CommandError(line, null, error.message)))
    child.on('close', status => {
      if (status === 0) resolve(Buffer.concat(out).toString())
      else reject(new CommandError(line, status, Buffer.concat(err).toString()))
    })
  })
}
