import { readFileSync } from 'node:fs'
import http from 'node:http'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/apimachinery/clock.ts'
import { buildImages } from '../../src/cluster/images/build.ts'
import { importImages } from '../../src/cluster/images/import.ts'
import { busybox } from '../../src/cluster/images/recipes/busybox.ts'
import { pause } from '../../src/cluster/images/recipes/pause.ts'
import { namespaceFile } from '../../src/cluster/local-node/names.ts'
import { openNetns } from '../../src/cluster/local-node/netns-helper.ts'
import type { LocalNode, NodeProcess } from '../../src/cluster/local-node/node.ts'
import { deleteLocalNode, stopLocalNode } from '../../src/cluster/local-node/node-end.ts'
import { isRunning, statOf } from '../../src/cluster/local-node/process.ts'
import { addPodRoutes } from '../../src/cluster/local-node/routes.ts'
import { canRunContainers } from '../../src/cluster/system/packages.ts'
import { type CriClient, connectCri } from '../../src/kubelet/cri/client.ts'
import type { RuntimeEvent } from '../../src/kubelet/cri/events.ts'
import { runPod } from './support/pods.ts'
import { imageCache, type TestCluster, testCluster, tracesOf } from './support/test-cluster.ts'

const BUSYBOX = 'docker.io/library/busybox:latest'
const readiness = canRunContainers()

let cluster: TestCluster
let node: LocalNode
let cri: CriClient
const closing: (() => void)[] = []

beforeAll(async () => {
  if (!readiness.ok) throw new Error(`containers cannot run here: ${readiness.why}. ${readiness.whatToDo}`)
  cluster = await testCluster()
  const images = await buildImages([pause, busybox], imageCache)
  node = await cluster.start(1, { agent: { command: ['/bin/sleep', '1000'] } })
  await importImages(images, node.criSocket)
  cri = connectCri(node.criSocket, systemClock)
})

afterEach(() => {
  for (const close of closing.splice(0)) close()
})

afterAll(async () => {
  cri?.close()
  await cluster?.end()
})

const shell = (script: string) => ({ command: ['sh', '-c', script] })
const roleOf = async (role: NodeProcess['role']) => (await node.processes()).find(found => found.role === role)

function listen(): RuntimeEvent[] {
  const ended = new AbortController()
  closing.push(() => ended.abort())
  const seen: RuntimeEvent[] = []
  const pump = async () => {
    for await (const event of cri.events(ended.signal)) seen.push(event)
  }
  void pump()
  return seen
}

test('a pod runs, answers exec, writes its log and its end is told', async () => {
  const events = listen()
  await expect.poll(() => events.map(event => event.type)).toContain('resync')
  const pod = await runPod(cri, node, BUSYBOX, {
    ...shell('echo hello; until [ -e /tmp/end ]; do sleep 0.1; done; exit 7'),
    envs: [{ key: 'NAME', value: 'wörld' }],
  })
  expect(await pod.exec('sh', '-c', 'echo $NAME; hostname; exit 3')).toMatchObject({
    exitCode: 3,
    stdout: expect.stringMatching(/^wörld\npod-\d+\n$/),
  })
  expect(pod.ip).toMatch(/^10\.244\.1\.\d+$/)
  await pod.exec('touch', '/tmp/end')
  await expect
    .poll(() => events.find(event => event.type === 'exit' && event.containerId === pod.containerId))
    .toMatchObject({ exitCode: 7 })
  const { status } = await cri.runtime.containerStatus({ containerId: pod.containerId })
  expect(status).toMatchObject({ state: 'CONTAINER_EXITED', exitCode: 7, reason: 'Error' })
  expect(status!.finishedAt > status!.startedAt).toBe(true)
  expect(readFileSync(`/proc/${node.pid}/root${pod.logFile}`, 'utf8')).toMatch(/ stdout F hello\n$/)
})

test('a container over its memory limit is killed, and an event says so', async () => {
  const events = listen()
  await expect.poll(() => events.map(event => event.type)).toContain('resync')
  const pod = await runPod(cri, node, BUSYBOX, {
    command: ['tail', '/dev/zero'],
    linux: { resources: { memoryLimitInBytes: 32 << 20 } },
  })
  await expect
    .poll(() =>
      events.filter(event => 'containerId' in event && event.containerId === pod.containerId).map(e => e.type),
    )
    .toEqual(expect.arrayContaining(['oom', 'exit']))
  const { status } = await cri.runtime.containerStatus({ containerId: pod.containerId })
  expect(status).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
})

test('a process of the fabric and pods reach each other through handed-over sockets', async () => {
  const fabric = openNetns(namespaceFile(cluster.options(1).fabric.namespace))
  closing.push(() => fabric.close())
  const server = http.createServer((_request, response) => response.end('from the fabric'))
  closing.push(() => server.close())
  server.listen(await fabric.listen(cluster.options(1).fabric.gateway, 8080))
  const pod = await runPod(
    cri,
    node,
    BUSYBOX,
    shell('echo from the pod > /tmp/index.html; exec httpd -f -p 80 -h /tmp'),
  )
  const url = `http://${cluster.options(1).fabric.gateway}:8080/`
  expect((await pod.exec('wget', '-qO-', url)).stdout).toBe('from the fabric')

  const get = async () => {
    const socket = await fabric.connect(pod.ip, 80)
    socket.end('GET / HTTP/1.0\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    return text
  }
  await expect.poll(() => get().catch(error => error.code), { timeout: 5_000 }).toMatch(/200 OK(.|\s)*from the pod/)
  await expect(fabric.connect(pod.ip, 81)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('pods of two nodes reach each other', async () => {
  const other = await cluster.start(2)
  const cri2 = connectCri(other.criSocket, systemClock)
  closing.push(() => cri2.close())
  await importImages(await buildImages([pause, busybox], imageCache), other.criSocket)
  const [one, two] = [cluster.options(1), cluster.options(2)]
  await addPodRoutes([{ podCidr: two.podCidrs[0]!, via: two.address }], `tsukube-${cluster.name}-node1`)
  await addPodRoutes([{ podCidr: one.podCidrs[0]!, via: one.address }], `tsukube-${cluster.name}-node2`)
  const server = await runPod(cri2, other, BUSYBOX, shell('echo far > /tmp/index.html; exec httpd -f -p 80 -h /tmp'))
  const client = await runPod(cri, node, BUSYBOX, shell('sleep 1000'))
  await expect.poll(() => client.exec('wget', '-qO-', `http://${server.ip}/`)).toMatchObject({ stdout: 'far\n' })
  await deleteLocalNode(two, systemClock)
  expect((await tracesOf(cluster.name)).filter(trace => trace.includes('node2'))).toEqual([])
})

test('containerd and the agent come back when they are killed, and pods do not notice', async () => {
  const pod = await runPod(cri, node, BUSYBOX, shell('sleep 1000'))
  const events = listen()
  const resyncs = () => events.filter(event => event.type === 'resync').length
  // A runtime that lacks one way of telling may be asked by two before the first event.
  await expect.poll(resyncs).toBeGreaterThan(0)
  await pod.exec('true')
  const before = resyncs()
  for (const role of ['agent', 'containerd'] as const) {
    const { pid } = (await roleOf(role))!
    process.kill(pid, 'SIGKILL')
    await expect.poll(async () => (await roleOf(role))?.pid ?? pid, { timeout: 5_000 }).not.toBe(pid)
  }
  await expect.poll(resyncs, { timeout: 10_000 }).toBeGreaterThan(before)
  const { status } = await cri.runtime.containerStatus({ containerId: pod.containerId })
  expect(status!.state).toBe('CONTAINER_RUNNING')
  expect((await pod.exec('echo', 'still here')).stdout).toBe('still here\n')
})

test('starting a running node takes it over and renews only what changed', async () => {
  const [containerd, agent] = [await roleOf('containerd'), await roleOf('agent')]
  const same = await cluster.start(1, { agent: { command: ['/bin/sleep', '1000'] } })
  expect(same.pid).toBe(node.pid)
  expect((await roleOf('agent'))!.pid).toBe(agent!.pid)
  await cluster.start(1, { agent: { command: ['/bin/sleep', '2000'], env: { GREETING: "it's" } } })
  await expect.poll(async () => (await roleOf('agent'))?.pid ?? agent!.pid, { timeout: 5_000 }).not.toBe(agent!.pid)
  expect((await roleOf('containerd'))!.pid).toBe(containerd!.pid)
  const commandOf = async () => readFileSync(`/proc/${(await roleOf('agent'))!.pid}/cmdline`, 'utf8')
  await expect.poll(commandOf, { timeout: 5_000 }).toBe('/bin/sleep\x002000\0')
  expect(readFileSync(`/proc/${(await roleOf('agent'))!.pid}/environ`, 'utf8')).toContain("GREETING=it's\0")
})

test('a node whose first process was killed starts again with its pods listed as gone', async () => {
  const pod = await runPod(cri, node, BUSYBOX, shell('sleep 1000'))
  const everything = await node.processes()
  const identities = everything.map(({ pid }) => ({ pid, startTime: statOf(pid)!.startTime }))
  cri.close()
  process.kill(node.pid, 'SIGKILL')
  await expect.poll(() => identities.some(isRunning), { timeout: 5_000 }).toBe(false)

  node = await cluster.start(1, { agent: { command: ['/bin/sleep', '1000'] } })
  cri = connectCri(node.criSocket, systemClock)
  const { items } = await cri.runtime.listPodSandbox({ filter: { id: pod.podSandboxId } })
  expect(items.map(item => item.state)).toEqual(['SANDBOX_NOTREADY'])
  const { status } = await cri.runtime.containerStatus({ containerId: pod.containerId })
  expect(status!.state).toBe('CONTAINER_EXITED')
  await cri.runtime.stopPodSandbox({ podSandboxId: pod.podSandboxId })
  await cri.runtime.removePodSandbox({ podSandboxId: pod.podSandboxId })
  expect((await runPod(cri, node, BUSYBOX, shell('sleep 1000'))).ip).toMatch(/^10\.244\.1\./)
})

test('a node is of its own: files, host name, network, cgroups', async () => {
  const said = await node.run('sh', [
    '-c',
    'hostname; cat /etc/hostname; ls /sys/class/net | tr "\\n" " "; cat /etc/hosts',
  ])
  expect(said).toMatch(/^node1\nnode1\neth0 lo .*127\.0\.0\.1\tlocalhost\n/)
  await node.run('sh', ['-c', 'echo x > /etc/only-here; mkdir /var/lib/only-here'])
  expect(() => readFileSync('/etc/only-here')).toThrow('ENOENT')
  expect(await tracesOf('only-here')).toEqual([])
})

test('a deleted cluster leaves nothing behind', async () => {
  cri.close()
  await stopLocalNode(cluster.options(1), systemClock)
  await stopLocalNode(cluster.options(1), systemClock)
  await cluster.start(1)
  await cluster.end()
  expect(await tracesOf(cluster.name)).toEqual([])
})
