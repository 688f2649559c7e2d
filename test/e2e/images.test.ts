import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/apimachinery/clock.ts'
import { buildImages } from '../../src/cluster/images/build.ts'
import { importArchive, importImages, listImages } from '../../src/cluster/images/import.ts'
import { type BuiltImage, ociArchive } from '../../src/cluster/images/oci-archive.ts'
import { demoImages, systemImages } from '../../src/cluster/images/recipes/index.ts'
import { imageSeed } from '../../src/cluster/images/seed.ts'
import type { LocalNode } from '../../src/cluster/local-node/node.ts'
import { deleteLocalNode } from '../../src/cluster/local-node/node-end.ts'
import { type CriClient, connectCri } from '../../src/kubelet/cri/client.ts'
import { runPod } from './support/pods.ts'
import { imageCache, type TestCluster, testCluster } from './support/test-cluster.ts'

let cluster: TestCluster
let node: LocalNode
let cri: CriClient
let images: BuiltImage[]
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tsukube-archives-'))
  cluster = await testCluster()
  images = await buildImages([...systemImages, ...demoImages], imageCache)
  node = await cluster.start(1)
  cri = connectCri(node.criSocket, systemClock)
  await importImages(images, node.criSocket)
})

afterAll(async () => {
  cri?.close()
  await cluster?.end()
  await rm(dir, { recursive: true, force: true })
})

test('every image is there under all its names', async () => {
  const names = (await listImages(node.criSocket)).map(image => image.name)
  expect(names).toEqual(expect.arrayContaining(['docker.io/library/nginx:latest', 'docker.io/library/busybox:1.35']))
  expect(names).toContain('docker.io/rondochen/python-redis-demo:v1.2')
  const { image } = await cri.images.imageStatus({ image: { image: 'redis' } })
  expect(image!.repoTags).toContain('docker.io/library/redis:latest')
})

test('building again takes everything from the cache', async () => {
  expect(await buildImages([...systemImages, ...demoImages], imageCache)).toEqual(images)
})

/** What a URL answers, asked from the node. */
const FETCH =
  'fetch(process.argv[1], {signal: AbortSignal.timeout(5000)}).then(r => r.text()).then(t => process.stdout.write(t))'
const fetched = (url: string) => node.run(process.execPath, ['-e', FETCH, url])

test('the web server serves its page and logs to its output', async () => {
  const pod = await runPod(cri, node, 'docker.io/library/nginx:latest')
  const page = () => fetched(`http://${pod.ip}/`)
  await expect.poll(() => page().catch(() => ''), { timeout: 10_000 }).toContain('Welcome to nginx!')
  expect(
    (await pod.exec('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'http://localhost/nothing')).stdout,
  ).toBe('404')
  await expect.poll(() => node.run('cat', [pod.logFile])).toMatch(/ stdout F .*"GET \/ HTTP\/1\.1" 200 /)
  await expect.poll(() => node.run('cat', [pod.logFile])).toMatch(/ stderr F .*nothing/)
  expect((await pod.exec('bash', '-c', 'ls / | wc -l; whoami')).stdout).toMatch(/^\d+\nroot\n$/)
})

test('the demo application counts its visits in the store', async () => {
  const store = await runPod(cri, node, 'docker.io/library/redis:latest', { args: ['--requirepass', 'aaaa1111'] })
  await expect.poll(() => store.exec('redis-cli', '-a', 'aaaa1111', 'ping')).toMatchObject({ stdout: 'PONG\n' })
  const config = path.join(cluster.options(1).dir, 'data', 'config.json')
  const settings = { redis_host: store.ip, redis_port: 6379, redis_db: 0, redis_password: 'aaaa1111' }
  await writeFile(config, JSON.stringify({ redis_config: settings, show_message: 'hello from a file' }))
  const pod = await runPod(cri, node, 'docker.io/rondochen/python-redis-demo:v1.2', {
    mounts: [{ containerPath: '/code/config/config.json', hostPath: '/var/lib/tsukube/config.json' }],
  })
  const get = (at: string) => fetched(`http://${pod.ip}:5000${at}`).catch(() => '')
  await expect.poll(() => get('/health'), { timeout: 20_000 }).toBe('i am fine')
  expect(await get('/')).toBe('hello from a file! I have been seen 1 times.\n')
  expect(await get('/')).toBe('hello from a file! I have been seen 2 times.\n')
})

test.each([
  'docker.io/library/nginx:latest',
  'docker.io/library/redis:latest',
  'docker.io/rondochen/python-redis-demo:v1.2',
])('%s has the tools that kubectl cp and people need', async image => {
  const pod = await runPod(cri, node, image, { command: ['sleep', '1000'] })
  const tools = ['tar', 'gzip', 'which', 'ps', 'find', 'awk', 'bash']
  const { stdout } = await pod.exec('which', ...tools)
  expect(
    stdout
      .trim()
      .split('\n')
      .map(found => path.basename(found)),
  ).toEqual(tools)
  expect((await pod.exec('sh', '-c', 'tar czf - /etc/passwd | tar tzf -')).stdout).toBe('etc/passwd\n')
})

test('the demo application ends when it is asked to', async () => {
  const pod = await runPod(cri, node, 'docker.io/rondochen/python-redis-demo:v1.2')
  const get = () => fetched(`http://${pod.ip}:5000/health`).catch(() => '')
  await expect.poll(get, { timeout: 20_000 }).toBe('i am fine')
  await cri.runtime.stopContainer({ containerId: pod.containerId, timeout: 30 })
  const { status } = await cri.runtime.containerStatus({ containerId: pod.containerId })
  expect(status).toMatchObject({ exitCode: 0 })
})

test('an archive is loaded, and what is none is refused with a reason', async () => {
  const archive = path.join(dir, 'image.tar')
  const chunks: Buffer[] = []
  for await (const chunk of ociArchive([{ ...images[1]!, names: ['example.test/tools:2'] }])) chunks.push(chunk)
  await writeFile(archive, Buffer.concat(chunks))
  expect(await importArchive(archive, node.criSocket)).toEqual(['example.test/tools:2'])
  await writeFile(archive, await readFile(import.meta.filename))
  await expect(importArchive(archive, node.criSocket)).rejects.toThrow(
    /cannot be loaded: .+It must be an image archive/,
  )
  await expect(importArchive(path.join(dir, 'nothing.tar'), node.criSocket)).rejects.toThrow(
    /nothing.tar cannot be loaded: there is no such file\. Name an image archive/,
  )
  await expect(importArchive(dir, node.criSocket)).rejects.toThrow(/cannot be loaded: it is a folder\. Pack it/)
})

test('a node that begins with a seed has its images at once, and cannot change the seed', async () => {
  const seed = await imageSeed(images, imageCache, systemClock)
  const second = await cluster.start(2, { imageSeed: seed })
  const cri2 = connectCri(second.criSocket, systemClock)
  expect(await importImages(images, second.criSocket)).toEqual([])
  const spoiler = await runPod(cri2, second, 'docker.io/library/busybox:latest', { command: ['sleep', '1000'] })
  expect((await spoiler.exec('sh', '-c', 'echo spoilt > /etc/passwd && cat /etc/passwd')).stdout).toBe('spoilt\n')
  const fresh = await runPod(cri2, second, 'docker.io/library/busybox:latest', { command: ['sleep', '1000'] })
  expect((await fresh.exec('cat', '/etc/passwd')).stdout).toContain('root:x:0:0')
  cri2.close()
  await deleteLocalNode(cluster.options(2), systemClock)
  expect(await imageSeed(images, imageCache, systemClock)).toBe(seed)
})
