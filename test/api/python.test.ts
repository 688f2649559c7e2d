import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createCluster } from '../../src/cluster/create-cluster.ts'

const SCRIPT = fileURLToPath(new URL('../support/python_client.py', import.meta.url))

/** A Python that has the kubernetes package, the system's own among them. */
const python = ['python3', '/usr/bin/python3'].find(command => {
  try {
    execFileSync(command, ['-c', 'import kubernetes'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

test.skipIf(!python)('the Python client does what it does elsewhere', async () => {
  const cluster = await createCluster({ hollowNodes: 1 })
  const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-python-'))
  try {
    const kubeconfig = path.join(folder, 'config')
    writeFileSync(kubeconfig, cluster.kubeconfig, { mode: 0o600 })
    const output = await new Promise<string>((resolve, reject) => {
      execFile(python!, [SCRIPT, kubeconfig], (error, stdout) => (error ? reject(error) : resolve(stdout)))
    })
    const found = Object.assign(
      {},
      ...output
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    )
    expect(found).toEqual({
      replaced: { a: '2' },
      patched: { a: '2', b: '3' },
      conflict: 409,
      reason: 'Conflict',
      events: ['ADDED', 'DELETED'],
      pods: ['Running', 'Running'],
      cpu: '500m',
      missing: 404,
      left: [],
      version: '36',
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await cluster.stop()
  }
})
