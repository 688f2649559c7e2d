import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ClientStep, Outcome } from './step.ts'

/**
 * Lets a program in another language play the script. It is given a kubeconfig, a file with the script and a namespace,
 * and prints the outcome of each step as a line of JSON.
 */
export async function playByProgram(
  command: readonly string[],
  kubeconfig: string,
  namespace: string,
  script: readonly ClientStep[],
): Promise<Outcome[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-script-'))
  try {
    const files = { kubeconfig, 'script.json': JSON.stringify(script) }
    const args = Object.entries(files).map(([name, text]) => {
      writeFileSync(path.join(folder, name), text, { mode: 0o600 })
      return path.join(folder, name)
    })
    const [program, ...before] = command as [string, ...string[]]
    const output = await new Promise<string>((resolve, reject) => {
      const options = { cwd: folder, env: { ...process.env, TMPDIR: folder }, maxBuffer: 64 << 20 }
      execFile(program, [...before, ...args, namespace], options, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      )
    })
    const lines = output.trim().split('\n')
    return lines.map(line => JSON.parse(line))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
