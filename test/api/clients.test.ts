import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { namespace } from '../../src/api/core/namespace.ts'
import { serviceAccount } from '../../src/api/core/serviceaccount.ts'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { findKubectls } from '../support/kubectl.ts'
import { http2Client } from '../support/script/http2-client.ts'
import { clientScript } from '../support/script/index.ts'
import { kubectlClient } from '../support/script/kubectl-client.ts'
import { nodeClient } from '../support/script/node-client.ts'
import { playByProgram } from '../support/script/program-client.ts'
import { runScript, wrongOf } from '../support/script/step.ts'

/** One script of calls, made by every client there is. */

let cluster: Cluster
beforeAll(async () => {
  cluster = await createCluster({ hollowNodes: 2 })
})
afterAll(() => cluster.stop())

/** A namespace for a client, in which pods can be made; and the script with that client's names. */
async function prepare(name: string) {
  await cluster.client.create(namespace, { metadata: { name } })
  const key = { name: 'default', namespace: name }
  await expect.poll(() => cluster.client.get(serviceAccount, key).then(Boolean, () => false)).toBe(true)
  return clientScript(name)
}

const kubectls = findKubectls()
test.each(kubectls)(
  'kubectl 1.$minor',
  async kubectl => {
    const name = `kubectl-${kubectl.minor}`
    const script = await prepare(name)
    const outcomes = await runScript(kubectlClient(kubectl, cluster.kubeconfig, name), script)
    expect(wrongOf(script, outcomes)).toEqual([])
  },
  180_000,
)

test('there is a kubectl', context => context.skip(kubectls.length === 0, 'no kubectl is on PATH'))

test('@kubernetes/client-node', async () => {
  const script = await prepare('node')
  expect(wrongOf(script, await runScript(nodeClient(cluster.kubeconfig, 'node'), script))).toEqual([])
}, 60_000)

test('a plain HTTP/2 client', async () => {
  const script = await prepare('http2')
  expect(wrongOf(script, await runScript(http2Client(cluster.access, 'http2'), script))).toEqual([])
}, 60_000)

const python = ['python3', '/usr/bin/python3'].find(command => {
  try {
    execFileSync(command, ['-c', 'import kubernetes.dynamic'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

test('the Python client', async context => {
  context.skip(!python, 'no Python with the package kubernetes is on PATH')
  const script = await prepare('python')
  const program = fileURLToPath(new URL('../support/script/python_client.py', import.meta.url))
  const outcomes = await playByProgram([python!, program], cluster.kubeconfig, 'python', script)
  expect(wrongOf(script, outcomes)).toEqual([])
}, 60_000)
