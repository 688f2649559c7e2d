import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface Kubectl {
  readonly binary: string
  /** `33` of v1.33.1. */
  readonly minor: number
}

/** Every kubectl on PATH, and those of other versions that lie beside them, oldest first; one of each version. */
export function findKubectls(): Kubectl[] {
  const onPath = (process.env.PATH ?? '').split(':').map(folder => path.join(folder, 'kubectl'))
  const found = new Map<number, Kubectl>()
  for (const binary of onPath.filter(existsSync).flatMap(first => [...besides(first), first])) {
    const minor = minorOf(binary)
    if (minor !== undefined && !found.has(minor)) found.set(minor, { binary, minor })
  }
  return [...found.values()].sort((a, b) => a.minor - b.minor)
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

export interface KubectlSession {
  /** A folder that is this session's own, with the files it works on. */
  readonly folder: string
  file(name: string, text: string): string
  run(args: readonly string[], options?: { stdin?: string; env?: Record<string, string> }): Promise<Run>
  end(): void
}

/** Runs a kubectl with a home of its own against one cluster. */
export function kubectlSession({ binary }: Kubectl, kubeconfig: string): KubectlSession {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-kubectl-'))
  const config = path.join(folder, 'config')
  writeFileSync(config, kubeconfig, { mode: 0o600 })
  return {
    folder,
    file(name, text) {
      writeFileSync(path.join(folder, name), text)
      return path.join(folder, name)
    },
    run(args, { stdin = '', env = {} } = {}) {
      return new Promise(resolve => {
        const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: config, ...env } }
        const child = execFile(binary, args, options, (error, stdout, stderr) => {
          const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0
          resolve({ code, stdout, stderr })
        })
        child.stdin?.on('error', () => {})
        child.stdin?.end(stdin)
      })
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  }
}
