import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface Kubectl {
  readonly binary: string
  /** `33` of v1.33.1. */
  readonly minor: number
}

/**
 * The kubectls to test with, oldest first: the oldest and the newest of those on PATH and of other versions that lie
 * beside them; all of them, one of each version, when TSUKUBE_TEST_KUBECTLS is `all`.
 */
export function findKubectls(): Kubectl[] {
  const onPath = (process.env.PATH ?? '').split(':').map(folder => path.join(folder, 'kubectl'))
  const found = new Map<number, Kubectl>()
  for (const binary of onPath.filter(existsSync).flatMap(first => [...besides(first), first])) {
    const minor = minorOf(binary)
    if (minor !== undefined && !found.has(minor)) found.set(minor, { binary, minor })
  }
  const all = [...found.values()].sort((a, b) => a.minor - b.minor)
  if (process.env.TSUKUBE_TEST_KUBECTLS === 'all') return all
  return all.filter((_, i) => i === 0 || i === all.length - 1)
}

function besides(first: string): string[] {
  const folder = path.dirname(realpathSync(first))
  const names = readdirSync(folder).filter(name => /^kubectl\.1\.\d+$/.test(name))
  return names.map(name => path.join(folder, name))
}

function minorOf(binary: string): number | undefined {
  try {
    const { clientVersion } = JSON.parse(
      execFileSync(binary, ['version', '--client', '-o', 'json'], { stdio: 'pipe' }).toString(),
    )
    return Number.parseInt(clientVersion.minor, 10)
  } catch {
    return undefined
  }
}

export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A kubectl that goes on writing. */
export interface Follow {
  /** All lines so far, once there are this many; throws when it ends before. */
  lines(count: number): Promise<string[]>
}

export interface KubectlSession {
  /** A folder that is this session's own, with the files it works on. */
  readonly folder: string
  file(name: string, text: string): string
  /** Runs on in the background and is ended with the session. */
  follow(args: readonly string[]): Follow
  run(args: readonly string[], options?: { stdin?: string; env?: Record<string, string> }): Promise<Run>
  end(): void
}

/** Runs a kubectl with a home of its own against one cluster. */
export function kubectlSession({ binary }: Kubectl, kubeconfig: string): KubectlSession {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-kubectl-'))
  const config = path.join(folder, 'config')
  writeFileSync(config, kubeconfig, { mode: 0o600 })
  const environment = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: config }
  const running = new AbortController()
  return {
    folder,
    file(name, text) {
      writeFileSync(path.join(folder, name), text)
      return path.join(folder, name)
    },
    run(args, { stdin = '', env = {} } = {}) {
      return new Promise(resolve => {
        const options = { cwd: folder, env: { ...environment, ...env } }
        const child = execFile(binary, args, options, (error, stdout, stderr) => {
          const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0
          resolve({ code, stdout, stderr })
        })
        child.stdin?.on('error', () => {})
        child.stdin?.end(stdin)
      })
    },
    follow(args) {
      const child = spawn(binary, args, { cwd: folder, env: environment, signal: running.signal })
      child.on('error', () => {})
      let [text, errors, changed] = ['', '', () => {}]
      child.stderr.on('data', chunk => {
        errors += chunk
      })
      child.stdout.on('data', chunk => {
        text += chunk
        changed()
      })
      child.on('close', () => changed())
      return {
        async lines(count) {
          for (;;) {
            const lines = text.split('\n').slice(0, -1)
            if (lines.length >= count) return lines
            if (child.exitCode !== null) throw new Error(errors)
            await new Promise<void>(resolve => {
              changed = resolve
            })
          }
        },
      }
    },
    end() {
      running.abort()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
