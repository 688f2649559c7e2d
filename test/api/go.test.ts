import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { namespace } from '../../src/api/core/namespace.ts'
import { serviceAccount } from '../../src/api/core/serviceaccount.ts'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { clientScript } from '../support/script/index.ts'
import { playByProgram } from '../support/script/program-client.ts'
import { wrongOf } from '../support/script/step.ts'

/** The script by client-go, which speaks protobuf. It is built in GOPATH mode, from the sources that are there. */

const GOPATH = [process.env.GOPATH ?? '', '/usr/share/gocode'].find(
  folder => folder && existsSync(path.join(folder, 'src/k8s.io/client-go/kubernetes')),
)
const why = missing()

function missing(): string | undefined {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
  } catch {
    return 'there is no go on PATH'
  }
  return GOPATH ? undefined : 'no sources of k8s.io/client-go are under GOPATH or /usr/share/gocode'
}

let cluster: Cluster
const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-go-'))
beforeAll(async () => {
  if (!why) cluster = await createCluster({ hollowNodes: 2 })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await cluster?.stop()
})

test('client-go', async context => {
  context.skip(!!why, why)
  const program = path.join(folder, 'client')
  const source = fileURLToPath(new URL('go', import.meta.url))
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOPATH,
    ...(process.env.GOCACHE ? {} : { GOCACHE: folder }),
  }
  execFileSync('go', ['build', '-o', program, '.'], { cwd: source, env, stdio: ['ignore', 'ignore', 'inherit'] })

  await cluster.client.create(namespace, { metadata: { name: 'go' } })
  const key = { name: 'default', namespace: 'go' }
  await expect.poll(() => cluster.client.get(serviceAccount, key).then(Boolean, () => false)).toBe(true)
  const script = await clientScript('go')
  const lines: object[] = await playByProgram([program], cluster.kubeconfig, 'go', script)
  expect(wrongOf(script, lines.slice(0, script.length))).toEqual([])
  expect(lines.slice(script.length)).toEqual([
    { gone: 'informed-2', names: ['informed-1', 'informed-3'], bytes: 4 },
    { seen: ['one leads', 'one has stopped', 'two leads'], holder: 'two' },
  ])
}, 600_000)
