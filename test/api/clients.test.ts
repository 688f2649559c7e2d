import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  ApiException,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'
import { type ClientStep, clientScript } from '../support/client-script.ts'
import { findKubectls, kubectlSession } from '../support/kubectl.ts'

/** One script of calls, made by every client there is. */

let cluster: Cluster
beforeAll(async () => {
  cluster = await createCluster({ hollowNodes: 1 })
})
afterAll(() => cluster.stop())

interface Outcome {
  readonly answer?: unknown
  readonly reason?: string
}
const script = clientScript()

/** What went otherwise than it should. */
function wrongOf(outcomes: readonly Outcome[]): object[] {
  expect(outcomes).toHaveLength(script.length)
  return script.flatMap((step, i): object[] => {
    const { answer, reason } = outcomes[i]!
    const asked = `${step.do} ${step.kind} ${step.name}`
    if (reason !== step.fails) return [{ asked, reason, wanted: step.fails }]
    const fits = !step.expect || reason || contains(answer, step.expect)
    return fits ? [] : [{ asked, answer, wanted: step.expect }]
  })
}

/** Whether something has all of `part` in it. */
function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part
  if (typeof whole !== 'object' || whole === null) return false
  return Object.entries(part).every(([key, value]) => contains((whole as Record<string, unknown>)[key], value))
}

async function namespace(name: string): Promise<void> {
  const config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  const objects = KubernetesObjectApi.makeApiClient(config)
  await objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } }
  await expect.poll(() => objects.read(account).then(Boolean, () => false)).toBe(true)
}

const kubectls = findKubectls()
test.skipIf(kubectls.length === 0).each([...new Set([kubectls.at(0), kubectls.at(-1)])].flatMap(one => one ?? []))(
  'kubectl 1.$minor',
  async kubectl => {
    const ns = `kubectl-${kubectl.minor}`
    await namespace(ns)
    const session = kubectlSession(kubectl, cluster.kubeconfig)
    const run = async ({ do: verb, apiVersion, kind, name, body }: ClientStep): Promise<Outcome> => {
      const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
      const what = group ? `${kind}.${version}.${group}` : kind
      const args: Record<ClientStep['do'], string[]> = {
        create: ['create', '--validate=false', '-f', '-'],
        get: ['get', what, name],
        replace: ['replace', '--validate=false', '-f', '-'],
        merge: ['patch', what, name, '--type=merge', '-p', JSON.stringify(body)],
        json: ['patch', what, name, '--type=json', '-p', JSON.stringify(body)],
        apply: ['apply', '--server-side', '--field-manager=script', '--force-conflicts', '-f', '-'],
        list: ['get', what, '-l', 'script=yes'],
        delete: ['delete', what, name, '--wait=false'],
      }
      const form = verb === 'delete' ? [] : ['-o', 'json']
      const { code, stdout, stderr } = await session.run(['-n', ns, ...args[verb], ...form], {
        stdin: JSON.stringify(body),
      })
      if (code !== 0) return { reason: /Error from server \((\w+)\)/.exec(stderr)?.[1] ?? invalidOr(stderr) }
      const answer = verb === 'delete' ? undefined : JSON.parse(stdout)
      return { answer: verb === 'list' ? answer.items.map(nameOf) : answer }
    }
    const outcomes: Outcome[] = []
    try {
      for (const step of script) outcomes.push(await run(step))
    } finally {
      session.end()
    }
    expect(wrongOf(outcomes)).toEqual([])
  },
  120_000,
)

const nameOf = ({ metadata }: { metadata: { name: string } }) => metadata.name
const invalidOr = (stderr: string) => (/is invalid/.test(stderr) ? 'Invalid' : stderr)

test('@kubernetes/client-node', async () => {
  await namespace('node')
  const config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  const [objects, custom] = [KubernetesObjectApi.makeApiClient(config), config.makeApiClient(CustomObjectsApi)]
  const run = async ({ do: verb, apiVersion, kind, plural, name, body = {} }: ClientStep): Promise<unknown> => {
    const [group = '', version = ''] = apiVersion.split('/')
    const { metadata = {}, ...rest } = body as { metadata?: object }
    const object = { apiVersion, kind, ...rest, metadata: { name, ...metadata, namespace: 'node' } }
    switch (verb) {
      case 'create':
        return objects.create(object)
      case 'get':
        return objects.read(object)
      case 'replace':
        return objects.replace(object)
      case 'merge':
        return objects.patch(object, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch)
      case 'apply':
        return objects.patch(object, undefined, undefined, 'script', true, PatchStrategy.ServerSideApply)
      case 'json':
        return custom.patchNamespacedCustomObject(
          { group, version, namespace: 'node', plural, name, body },
          setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
        )
      case 'list': {
        const selector = 'script=yes'
        const { items } = await objects.list(
          apiVersion,
          kind,
          'node',
          undefined,
          undefined,
          undefined,
          undefined,
          selector,
        )
        return items.map(item => item.metadata?.name)
      }
      case 'delete':
        return objects.delete(object)
    }
  }
  const outcomes: Outcome[] = []
  for (const step of script) {
    outcomes.push(
      await run(step).then(
        answer => ({ answer }),
        (error: unknown) => ({ reason: reasonOf(error) }),
      ),
    )
  }
  expect(wrongOf(outcomes)).toEqual([])
}, 60_000)

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiException)) return String(error)
  const { body } = error
  return typeof body === 'string' ? JSON.parse(body).reason : body.reason
}

const python = ['python3', '/usr/bin/python3'].find(command => {
  try {
    execFileSync(command, ['-c', 'import kubernetes.dynamic'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

test.skipIf(!python)(
  'the Python client',
  async () => {
    await namespace('python')
    const session = kubectlSession({ binary: '', minor: 0 }, cluster.kubeconfig)
    try {
      const [steps, program] = [
        session.file('script.json', JSON.stringify(script)),
        fileURLToPath(new URL('../support/client_script.py', import.meta.url)),
      ]
      const args = [program, session.file('kubeconfig', cluster.kubeconfig), steps]
      const output = await new Promise<string>((resolve, reject) => {
        const options = { cwd: session.folder, env: { ...process.env, TMPDIR: session.folder } }
        execFile(python!, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)))
      })
      const outcomes = output
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
      expect(wrongOf(outcomes)).toEqual([])
    } finally {
      session.end()
    }
  },
  60_000,
)
