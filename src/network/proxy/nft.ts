import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Runs a command to its end; rejects with what it wrote to stderr. */
export function runTool(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.on('data', chunk => {
      out += chunk
    })
    child.stderr.on('data', chunk => {
      err += chunk
    })
    child.on('error', reject)
    child.on('close', code =>
      code === 0 ? resolve(out) : reject(new Error(`${command}: ${err.trim() || `exit code ${code}`}`)),
    )
  })
}

/** Loads a script in one transaction: all of it takes effect, or nothing. */
export async function loadScript(script: string): Promise<void> {
  // nft cannot read from the sockets that Node gives a child as its stdin, hence the file.
  const dir = await mkdtemp(path.join(tmpdir(), 'nft-'))
  try {
    const file = path.join(dir, 'script.nft')
    await writeFile(file, script)
    await runTool('nft', ['-f', file])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
