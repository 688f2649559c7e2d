import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { configMap } from '../../src/api/core/configmap.ts'
import { event } from '../../src/api/core/event.ts'
import { node as nodeKind } from '../../src/api/core/node.ts'
import type { podSpec } from '../../src/api/core/pod/spec.ts'
import { type Pod, pod as podKind } from '../../src/api/core/pod.ts'
import { secret } from '../../src/api/core/secret.ts'
import { isReason } from '../../src/apimachinery/errors.ts'
import type { InferInput } from '../../src/apimachinery/schema/types.ts'
import { type ApiAccess, apiAccess } from './support/api-access.ts'
import { type KubeletNode, kubeletNode } from './support/kubelet-node.ts'

const BUSYBOX = 'docker.io/library/busybox:latest'
const namespace = 'default'
let cluster: KubeletNode
let api: ApiAccess

beforeAll(async () => {
  cluster = await kubeletNode()
  api = await apiAccess(cluster)
})

afterEach(async () => {
  await cluster.client.deleteCollection(podKind, { namespace }, { gracePeriodSeconds: 0 })
  await expect.poll(async () => (await cluster.client.list(podKind, { namespace })).items.length, WAIT).toBe(0)
  await expect
    .poll(() => cluster.node().run('ls', ['/var/lib/kubelet/pods']), WAIT)
    .toBe('')
    .catch(async error => {
      const left = await cluster.node().run('find', ['/var/lib/kubelet/pods', '-ls'])
      const running = await cluster.node().run('ps', ['-ef'])
      const log = await readFile(path.join(cluster.cluster.options(1).dir, 'log', 'containerd.log'), 'utf8')
      throw new Error([error.message, left, running, await cluster.log(), log.slice(-8_000)].join('\n'))
    })
})

afterAll(async () => {
  await cluster?.end()
})

const WAIT = { timeout: 30_000, interval: 20 }

type SpecInput = InferInput<typeof podSpec>
type ContainerInput = Partial<SpecInput['containers'][number]>

const shell = (script: string, more: ContainerInput = {}) => ({
  name: 'main',
  image: BUSYBOX,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...more,
})

function create(name: string, spec: Partial<SpecInput>): Promise<Pod> {
  const whole = { terminationGracePeriodSeconds: 1, nodeName: 'node1', containers: [shell('exec sleep 1000')], ...spec }
  return cluster.client.create(podKind, { metadata: { name, namespace }, spec: whole })
}

const get = (name: string) => cluster.client.get(podKind, { namespace, name })
const container = async (name: string) => (await get(name)).status.containerStatuses?.[0]
const running = (name: string) => expect.poll(async () => (await get(name)).status.phase, WAIT).toBe('Running')
const gone = (name: string) =>
  expect
    .poll(
      () =>
        get(name).then(
          () => false,
          error => isReason(error, 'NotFound'),
        ),
      WAIT,
    )
    .toBe(true)
const ended = (name: string) =>
  expect.poll(async () => (await get(name)).status.phase, WAIT).toMatch(/Succeeded|Failed/)

async function eventsOf(name: string): Promise<string[]> {
  const { items } = await cluster.client.list(event, { namespace, fieldSelector: `involvedObject.name=${name}` })
  return items.map(({ reason, message }) => `${reason}: ${message}`)
}

test('the node is registered and ready', async () => {
  const node = await cluster.client.get(nodeKind, { name: 'node1' })
  expect(node.status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  })
  expect(node.status.nodeInfo.containerRuntimeVersion).toMatch(/^containerd:\/\/\d/)
  expect(node.metadata.labels?.['kubernetes.io/hostname']).toBe('node1')
  expect(node.status.images?.length).toBeGreaterThan(1)
})

test('a pod runs, tells its status, and is deleted', async () => {
  await create('plain', {})
  await running('plain')
  const pod = await get('plain')
  expect(pod.status.podIP).toMatch(/^10\.244\.1\./)
  expect(pod.status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  expect(pod.status.containerStatuses![0]).toMatchObject({
    name: 'main',
    ready: true,
    started: true,
    restartCount: 0,
    image: BUSYBOX,
    containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
  })
  await expect
    .poll(() => eventsOf('plain'), WAIT)
    .toEqual(
      expect.arrayContaining([
        `Pulled: Container image "${BUSYBOX}" already present on machine`,
        'Created: Container created',
        'Started: Container started',
      ]),
    )
  await cluster.client.delete(podKind, { namespace, name: 'plain' })
  await gone('plain')
  expect(await eventsOf('plain')).toContain('Killing: Stopping container main')
})

test('exit codes become phases, and last words messages', async () => {
  await create('good', { restartPolicy: 'Never', containers: [shell('echo fine > /dev/termination-log')] })
  await create('bad', { restartPolicy: 'Never', containers: [shell('exit 3')] })
  await ended('good')
  await ended('bad')
  expect((await get('good')).status.phase).toBe('Succeeded')
  expect((await container('good'))?.state.terminated).toMatchObject({
    exitCode: 0,
    reason: 'Completed',
    message: 'fine\n',
  })
  expect((await get('bad')).status.phase).toBe('Failed')
  expect((await container('bad'))?.state.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
})

const podPath = (name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`
const logOf = async (name: string, query = '') => (await api.get(`${podPath(name)}/log?${query}`)).body
const execIn = (name: string, script: string, input?: string) => {
  const query = new URLSearchParams({ stdout: '1', stderr: '1', ...(input !== undefined && { stdin: '1' }) })
  for (const word of ['sh', '-c', script]) query.append('command', word)
  return api.exec(`${podPath(name)}/exec?${query}`, input)
}

test('logs are read, tailed, followed, and kept of the previous incarnation', async () => {
  await create('talker', {
    containers: [shell('for i in 1 2 3; do echo line $i; done; until [ -e /tmp/end ]; do sleep 0.1; done; echo bye')],
  })
  await running('talker')
  await expect.poll(() => logOf('talker'), WAIT).toContain('line 3\n')
  expect(await logOf('talker', 'tailLines=2')).toBe('line 2\nline 3\n')
  expect(await logOf('talker', 'limitBytes=4')).toBe('line')
  expect(await logOf('talker', 'timestamps=true&tailLines=1')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /)
  let followed = ''
  const stop = new AbortController()
  api.stream(`${podPath('talker')}/log?follow=true`, text => (followed += text), stop.signal)
  await expect.poll(() => followed, WAIT).toContain('line 1\n')
  await execIn('talker', 'touch /tmp/end')
  await expect.poll(() => followed, WAIT).toContain('bye\n')
  stop.abort()
  await expect.poll(async () => (await container('talker'))?.restartCount, WAIT).toBe(1)
  expect(await logOf('talker', 'previous=true')).toContain('bye\n')
})

test('a command runs in a container, with its input and exit code', async () => {
  await create('shell', {})
  await running('shell')
  const echo = await execIn('shell', 'read a; echo got $a; echo wrong >&2', 'words\n')
  expect(echo).toMatchObject({ stdout: 'got words\n', stderr: 'wrong\n', status: { status: 'Success' } })
  expect((await execIn('shell', 'exit 7')).status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' })
})

test('a container that keeps failing has to wait longer and longer', async () => {
  await create('crash', { containers: [shell('echo so what; exit 1')] })
  await expect.poll(async () => (await container('crash'))?.state.waiting?.reason, WAIT).toBe('CrashLoopBackOff')
  const status = (await container('crash'))!
  expect(status.restartCount).toBe(1)
  expect(status.state.waiting?.message).toMatch(
    /^back-off 10s restarting failed container=main pod=crash_default\([0-9a-f-]+\)$/,
  )
  expect(status.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
  expect((await get('crash')).status.phase).toBe('Running')
  await expect
    .poll(() => eventsOf('crash'), WAIT)
    .toContainEqual(expect.stringMatching(/^BackOff: Back-off restarting failed container main in pod crash_default/))
})

test('init containers run in turn, then sidecars stay, then the others start', async () => {
  await create('staged', {
    initContainers: [
      shell('sleep 0.3; echo one > /work/one', { name: 'first', volumeMounts: [{ name: 'work', mountPath: '/work' }] }),
      shell('exec sleep 1000', { name: 'side', restartPolicy: 'Always' }),
      shell('cat /work/one', { name: 'second', volumeMounts: [{ name: 'work', mountPath: '/work' }] }),
    ],
    volumes: [{ name: 'work', emptyDir: {} }],
  })
  await running('staged')
  const { status } = await get('staged')
  expect(status.initContainerStatuses!.map(({ name, ready }) => [name, ready])).toEqual([
    ['first', true],
    ['side', true],
    ['second', true],
  ])
  expect(status.initContainerStatuses![1]!.state.running).toBeDefined()
  expect(status.conditions?.find(({ type }) => type === 'Initialized')?.status).toBe('True')
})

test('a failing init container fails a pod that is not restarted', async () => {
  await create('stillborn', { restartPolicy: 'Never', initContainers: [shell('exit 4', { name: 'first' })] })
  await ended('stillborn')
  expect((await get('stillborn')).status).toMatchObject({ phase: 'Failed' })
})

test('the environment comes from all its sources', async () => {
  await cluster.client.create(configMap, { metadata: { name: 'env', namespace }, data: { COLOUR: 'blue', extra: 'x' } })
  await cluster.client.create(secret, { metadata: { name: 'env', namespace }, stringData: { password: 'geheim' } })
  await create('env', {
    restartPolicy: 'Never',
    containers: [
      shell('env', {
        envFrom: [{ prefix: 'CM_', configMapRef: { name: 'env' } }],
        env: [
          { name: 'PLAIN', value: 'a' },
          { name: 'BOTH', value: '$(PLAIN)-$(CM_COLOUR)-$$(PLAIN)-$(NONE)' },
          { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'env', key: 'COLOUR' } } },
          { name: 'WORD', valueFrom: { secretKeyRef: { name: 'env', key: 'password' } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
          { name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
        ],
        resources: { limits: { cpu: '250m', memory: '64Mi' } },
      }),
    ],
  })
  await ended('env')
  const log = await logOf('env')
  for (const line of [
    'CM_COLOUR=blue',
    'CM_extra=x',
    'BOTH=a-blue-$(PLAIN)-$(NONE)',
    'KEY=blue',
    'WORD=geheim',
    'NODE=node1',
    'CPU=250',
  ]) {
    expect(log).toContain(`${line}\n`)
  }
  expect(log).toMatch(/IP=10\.244\.1\.\d+\n/)
  expect(log).not.toContain('MAYBE')
  expect(log).toContain('KUBERNETES_SERVICE_HOST=10.96.0.1\n')
})

test('what is missing for the environment is told, and made up for once it is there', async () => {
  await create('lacking', { containers: [shell('exec sleep 1000', { envFrom: [{ configMapRef: { name: 'late' } }] })] })
  await expect
    .poll(async () => (await container('lacking'))?.state.waiting, WAIT)
    .toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "late" not found',
    })
  await cluster.client.create(configMap, { metadata: { name: 'late', namespace }, data: { a: 'b' } })
  await running('lacking')
})

test('volumes show objects, follow their changes, and hold files', async () => {
  await cluster.client.create(configMap, {
    metadata: { name: 'files', namespace },
    data: { a: '1', 'sub.txt': 'part' },
  })
  await cluster.client.create(secret, { metadata: { name: 'files', namespace }, stringData: { key: 's' } })
  await create('files', {
    containers: [
      shell('exec sleep 1000', {
        volumeMounts: [
          { name: 'config', mountPath: '/config' },
          { name: 'config', mountPath: '/part.txt', subPath: 'sub.txt' },
          { name: 'secret', mountPath: '/secret', readOnly: true },
          { name: 'all', mountPath: '/all' },
          { name: 'memory', mountPath: '/memory' },
          { name: 'labels', mountPath: '/labels' },
          { name: 'host', mountPath: '/host' },
        ],
      }),
    ],
    volumes: [
      { name: 'config', configMap: { name: 'files' } },
      { name: 'secret', secret: { secretName: 'files', defaultMode: 0o400 } },
      {
        name: 'all',
        projected: {
          sources: [
            { configMap: { name: 'files', items: [{ key: 'a', path: 'deep/b' }] } },
            { secret: { name: 'files' } },
          ],
        },
      },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      { name: 'labels', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { name: 'host', hostPath: { path: '/var/lib/tsukube/made', type: 'DirectoryOrCreate' } },
    ],
  })
  await running('files')
  const read = async (script: string) => (await execIn('files', script)).stdout
  expect(await read('cat /config/a /part.txt /secret/key /all/deep/b /all/key /labels/name')).toBe('1parts1sfiles')
  expect(await read('stat -L -c %a /secret/key')).toBe('400\n')
  expect(await read('df -k /memory | tail -1 | awk "{print \\$2}"')).toBe('1024\n')
  expect(await read('touch /secret/x || echo refused')).toBe('refused\n')
  expect(await read('ls /var/run/secrets/kubernetes.io/serviceaccount')).toBe('ca.crt\nnamespace\ntoken\n')
  expect(await read('cat /etc/hosts')).toMatch(/10\.244\.1\.\d+\tfiles\n/)
  expect(await read('cat /etc/resolv.conf')).toContain(
    'search default.svc.cluster.local svc.cluster.local cluster.local',
  )
  await cluster.client.patch(configMap, { namespace, name: 'files' }, 'merge', { data: { a: '2', c: 'new' } })
  await expect.poll(() => read('cat /config/a /config/c /all/deep/b'), WAIT).toBe('2new2')
})

test('a volume that cannot be set up is told of', async () => {
  await create('unmounted', {
    containers: [shell('exec sleep 1000', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
    volumes: [{ name: 'v', secret: { secretName: 'nowhere' } }],
  })
  await expect
    .poll(() => eventsOf('unmounted'), WAIT)
    .toContain('FailedMount: MountVolume.SetUp failed for volume "v" : secret "nowhere" not found')
  expect((await container('unmounted'))?.state.waiting).toEqual({ reason: 'ContainerCreating' })
})

test('readiness, liveness and startup probes have their say', async () => {
  const exec = (script: string) => ({ exec: { command: ['sh', '-c', script] }, periodSeconds: 1, failureThreshold: 1 })
  await create('probed', {
    containers: [
      shell('touch /tmp/alive; exec sleep 1000', {
        startupProbe: { ...exec('test -e /tmp/started'), failureThreshold: 100 },
        readinessProbe: exec('test -e /tmp/ready'),
        livenessProbe: exec('test -e /tmp/alive'),
      }),
    ],
  })
  await running('probed')
  expect(await container('probed')).toMatchObject({ started: false, ready: false })
  await execIn('probed', 'touch /tmp/started')
  await expect.poll(async () => (await container('probed'))?.started, WAIT).toBe(true)
  expect((await container('probed'))?.ready).toBe(false)
  await execIn('probed', 'touch /tmp/ready')
  await expect.poll(async () => (await container('probed'))?.ready, WAIT).toBe(true)
  await execIn('probed', 'rm /tmp/alive')
  await expect.poll(async () => (await container('probed'))?.restartCount, WAIT).toBe(1)
  const events = await eventsOf('probed')
  expect(events).toContainEqual(expect.stringMatching(/^Unhealthy: Liveness probe failed: /))
  expect(events).toContain('Killing: Container main failed liveness probe, will be restarted')
})

test('HTTP and TCP probes reach the pod', async () => {
  await create('served', {
    containers: [
      shell('mkdir /www; echo hi > /www/index.html; exec httpd -f -p 8080 -h /www', {
        ports: [{ name: 'web', containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/index.html', port: 'web' }, periodSeconds: 1 },
        livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, initialDelaySeconds: 1 },
      }),
      shell('exec sleep 1000', {
        name: 'deaf',
        readinessProbe: { httpGet: { path: '/', port: 81 }, periodSeconds: 1 },
      }),
    ],
  })
  await expect.poll(async () => (await container('served'))?.ready, WAIT).toBe(true)
  await expect
    .poll(() => eventsOf('served'), WAIT)
    .toContainEqual(
      expect.stringMatching(
        /^Unhealthy: Readiness probe failed: Get "http:\/\/10\.244\.1\.\d+:81\/": dial tcp 10\.244\.1\.\d+:81: connect: connection refused$/,
      ),
    )
})

test('hooks run after the start and before the end', async () => {
  await create('hooked', {
    terminationGracePeriodSeconds: 10,
    containers: [
      shell('trap "exit 0" TERM; while :; do sleep 0.1; done', {
        lifecycle: {
          postStart: { exec: { command: ['sh', '-c', 'echo started > /host/start'] } },
          preStop: { exec: { command: ['sh', '-c', 'echo stopping > /host/stop'] } },
        },
        volumeMounts: [{ name: 'host', mountPath: '/host' }],
      }),
    ],
    volumes: [{ name: 'host', hostPath: { path: '/var/lib/tsukube/hooks', type: 'DirectoryOrCreate' } }],
  })
  await running('hooked')
  expect(await cluster.node().run('cat', ['/var/lib/tsukube/hooks/start'])).toBe('started\n')
  await cluster.client.delete(podKind, { namespace, name: 'hooked' })
  await gone('hooked')
  expect(await cluster.node().run('cat', ['/var/lib/tsukube/hooks/stop'])).toBe('stopping\n')
})

test('images that cannot be had have their reasons', async () => {
  await create('noimage', { containers: [shell('x', { image: 'nowhere.invalid/none:1' })] })
  await create('never', { containers: [shell('x', { image: 'nowhere.invalid/none:1', imagePullPolicy: 'Never' })] })
  await create('badname', { containers: [shell('x', { image: 'UPPER' })] })
  await expect
    .poll(async () => (await container('noimage'))?.state.waiting?.reason, WAIT)
    .toMatch(/ErrImagePull|ImagePullBackOff/)
  await expect
    .poll(() => eventsOf('noimage'), WAIT)
    .toEqual(
      expect.arrayContaining([
        'Pulling: Pulling image "nowhere.invalid/none:1"',
        expect.stringMatching(/^Failed: Failed to pull image "nowhere.invalid\/none:1": rpc error: code = /),
        'Failed: Error: ErrImagePull',
      ]),
    )
  await expect.poll(async () => (await container('never'))?.state.waiting?.reason, WAIT).toBe('ErrImageNeverPull')
  await expect.poll(async () => (await container('badname'))?.state.waiting?.reason, WAIT).toBe('InvalidImageName')
})

test('limits hold, and a container that exceeds its memory is killed', async () => {
  await create('greedy', {
    restartPolicy: 'Never',
    containers: [shell('exec tail /dev/zero', { resources: { limits: { memory: '32Mi', cpu: '500m' } } })],
  })
  await ended('greedy')
  expect((await container('greedy'))?.state.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
})

test('security settings hold', async () => {
  await create('secured', {
    restartPolicy: 'Never',
    securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      shell(
        'id; touch /x 2> /dev/null || echo readonly; touch /data/y && stat -c %g /data/y; grep -E "NoNewPrivs|Seccomp:|CapEff" /proc/self/status',
        {
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ),
    ],
    volumes: [{ name: 'data', emptyDir: {} }],
  })
  await create('root', { containers: [shell('id', { securityContext: { runAsNonRoot: true } })] })
  await ended('secured')
  const log = await logOf('secured')
  expect(log).toMatch(/uid=1000 gid=3000 groups=(3000,)?2000/)
  expect(log).toContain('readonly\n2000\n')
  expect(log).toMatch(/CapEff:\s+0000000000000000\n/)
  expect(log).toMatch(/NoNewPrivs:\s+1\n/)
  await expect
    .poll(async () => (await container('root'))?.state.waiting, WAIT)
    .toMatchObject({
      reason: 'CreateContainerConfigError',
      message: expect.stringMatching(/^container has runAsNonRoot and image will run as root/),
    })
})

test('pods that do not fit are refused', async () => {
  await create('huge', { containers: [shell('x', { resources: { requests: { cpu: '1000' } } })] })
  await create('elsewhere', { nodeSelector: { disk: 'ssd' } })
  await ended('huge')
  await ended('elsewhere')
  expect((await get('huge')).status).toMatchObject({ phase: 'Failed', reason: 'OutOfcpu' })
  expect((await get('elsewhere')).status).toMatchObject({ phase: 'Failed', reason: 'NodeAffinity' })
})

test('a pod past its deadline is failed', async () => {
  await create('late', { activeDeadlineSeconds: 1 })
  await ended('late')
  expect((await get('late')).status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' })
})

test('a changed image restarts the container in place', async () => {
  await create('changed', {})
  await running('changed')
  const { podIP } = (await get('changed')).status
  await cluster.client.patch(podKind, { namespace, name: 'changed' }, 'strategic', {
    spec: { containers: [{ name: 'main', image: 'docker.io/library/busybox:1.35' }] },
  })
  await expect.poll(async () => (await container('changed'))?.restartCount, WAIT).toBe(1)
  expect((await get('changed')).status.podIP).toBe(podIP)
  expect(await eventsOf('changed')).toContain('Killing: Container main definition changed, will be restarted')
})

test('a kubelet that starts again adopts what runs, also after a crash', async () => {
  await create('adopted', {})
  await running('adopted')
  const before = await container('adopted')
  await cluster.stopKubelet('SIGKILL')
  await create('waiting', {})
  await cluster.startKubelet()
  await running('waiting')
  expect(await container('adopted')).toMatchObject({ restartCount: 0, containerID: before!.containerID, ready: true })
})

test('pods of a node that was stopped run again in new sandboxes', async () => {
  await create('survivor', {})
  await running('survivor')
  await cluster.restartNode()
  await expect.poll(async () => (await container('survivor'))?.restartCount, WAIT).toBe(1)
  await running('survivor')
  await expect
    .poll(() => eventsOf('survivor'), WAIT)
    .toContain('SandboxChanged: Pod sandbox changed, it will be killed and re-created.')
})

test('nothing of deleted pods is left on the node', async () => {
  await create('brief', { volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }] })
  await running('brief')
  await cluster.client.delete(podKind, { namespace, name: 'brief' })
  await gone('brief')
  await expect.poll(() => cluster.node().run('ls', ['/var/lib/kubelet/pods']), WAIT).toBe('')
  expect(
    await cluster
      .node()
      .run('sh', ['-c', `find /sys/fs/cgroup -path '*${cluster.node().podCgroup}*' -name 'pod*' | head -1`]),
  ).toBe('')
})
