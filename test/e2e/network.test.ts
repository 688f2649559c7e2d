import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/apimachinery/clock.ts'
import { buildImages } from '../../src/cluster/images/build.ts'
import { importImages } from '../../src/cluster/images/import.ts'
import { busybox } from '../../src/cluster/images/recipes/busybox.ts'
import { pause } from '../../src/cluster/images/recipes/pause.ts'
import { namespaceFile } from '../../src/cluster/local-node/names.ts'
import { type Netns, openNetns } from '../../src/cluster/local-node/netns-helper.ts'
import type { LocalNode } from '../../src/cluster/local-node/node.ts'
import { addPodRoutes } from '../../src/cluster/local-node/routes.ts'
import { Pki } from '../../src/cluster/pki/pki.ts'
import { canRunContainers } from '../../src/cluster/system/packages.ts'
import { type CriClient, connectCri } from '../../src/kubelet/cri/client.ts'
import { ask, exchange, type NamedPod, nameServerIn, TCP_PORT, UDP_PORT } from './support/endpoints.ts'
import { type NetworkNode, startNetworkNode } from './support/network-node.ts'
import { runPod } from './support/pods.ts'
import { imageCache, type TestCluster, testCluster } from './support/test-cluster.ts'

const BUSYBOX = 'docker.io/library/busybox:latest'
const VIP = '10.96.0.50'
const NODE_PORT = 30080

let cluster: TestCluster
let fabric: Netns
/** Sockets of the nodes themselves. */
const inNode: Netns[] = []
const nodes: LocalNode[] = []
const cris: CriClient[] = []
const networks: NetworkNode[] = []
let [a1, a2, b1]: NamedPod[] = []
const addresses = ['172.30.0.11', '172.30.0.12']

beforeAll(async () => {
  const readiness = canRunContainers()
  if (!readiness.ok) throw new Error(`containers cannot run here: ${readiness.why}. ${readiness.whatToDo}`)
  cluster = await testCluster()
  const images = await buildImages([pause, busybox], imageCache)
  for (const i of [0, 1]) {
    const node = await cluster.start(i + 1)
    nodes.push(node)
    await importImages(images, node.criSocket)
    cris.push(connectCri(node.criSocket, systemClock))
    inNode.push(openNetns(node.networkNamespace))
    networks.push(await startNetworkNode(node.networkNamespace, await settings(i)))
  }
  const [one, two] = [cluster.options(1), cluster.options(2)]
  await addPodRoutes([{ podCidr: two.podCidrs[0]!, via: two.address }], `tsukube-${cluster.name}-node1`)
  await addPodRoutes([{ podCidr: one.podCidrs[0]!, via: one.address }], `tsukube-${cluster.name}-node2`)
  fabric = openNetns(namespaceFile(one.fabric.namespace))
  a1 = await podOn(0, 'a1')
  a2 = await podOn(0, 'a2')
  b1 = await podOn(1, 'b1')
})

afterAll(async () => {
  for (const pod of [a1, a2, b1]) pod?.close()
  for (const netns of [fabric, ...inNode]) netns?.close()
  await Promise.all(networks.map(n => n.end()))
  for (const cri of cris) cri.close()
  await cluster?.end()
})

async function settings(i: number) {
  const node = { nodeName: `node${i + 1}`, nodeAddress: addresses[i]! }
  if (i > 0) return node
  const pki = await Pki.open(path.join(cluster.dir, 'pki'), systemClock)
  const certificate = await pki.leaf('ingress', { commonName: 'ingress', hosts: ['ingress.local'] })
  const dir = path.join(cluster.dir, 'ingress')
  mkdirSync(dir)
  return { ...node, ingress: { dir, certificate } }
}

async function podOn(i: number, name: string): Promise<NamedPod> {
  const pod = await runPod(cris[i]!, nodes[i]!, BUSYBOX, { command: ['sleep', '1000'] })
  return nameServerIn(name, pod, nodes[i]!, cris[i]!)
}

const everywhere = (object: object) => Promise.all(networks.map(n => n.apply(object)))

function serviceOf(name: string, spec: object, ports: object[] = [{ port: 80, targetPort: TCP_PORT }]) {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec: { ports, ...spec } }
}

function sliceOf(service: string, pods: NamedPod[], port: object = { port: TCP_PORT }) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: service, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', ...port }],
    endpoints: pods.map(({ ip, name }) => ({
      addresses: [ip],
      conditions: { ready: true },
      nodeName: name.startsWith('a') ? 'node1' : 'node2',
    })),
  }
}

const clusterIP = (ip: string) => ({ clusterIP: ip, clusterIPs: [ip] })
const nameOf = (answer: string) => answer.split(' ')[0]
const asked = async (count: number, one: () => Promise<string>) =>
  (await Promise.all(Array.from({ length: count }, one))).map(nameOf)

test('a ClusterIP answers pods and nodes, and its connections are spread', async () => {
  await everywhere(serviceOf('web', clusterIP(VIP)))
  await everywhere(sliceOf('web', [a1!, b1!]))
  await expect.poll(() => a2!.ask(VIP, 80).then(nameOf)).toMatch(/^(a1|b1)$/)
  await expect.poll(() => ask(inNode[1]!, VIP, 80).then(nameOf)).toMatch(/^(a1|b1)$/)
  expect(new Set(await asked(30, () => a2!.ask(VIP, 80)))).toEqual(new Set(['a1', 'b1']))
  expect(new Set(await asked(30, () => ask(inNode[0]!, VIP, 80)))).toEqual(new Set(['a1', 'b1']))
})

test('pods see the address of the pod that connects', async () => {
  await everywhere(sliceOf('web', [b1!]))
  await expect.poll(() => a1!.ask(VIP, 80)).toBe(`b1 ${a1!.ip}`)
})

test('a pod reaches itself through its Service', async () => {
  await everywhere(sliceOf('web', [a1!]))
  await expect.poll(() => a1!.ask(VIP, 80).then(nameOf)).toBe('a1')
})

test('a Service without endpoints, and a port that it has not, are refused at once', async () => {
  await everywhere(sliceOf('web', []))
  await expect.poll(() => a1!.ask(VIP, 80)).toBe('ECONNREFUSED')
  expect(await a1!.ask(VIP, 81)).toBe('ECONNREFUSED')
  expect(await ask(inNode[0]!, VIP, 80)).toBe('ECONNREFUSED')
})

test('a node port answers at every node, from the fabric, from pods and on the node itself', async () => {
  const ports = [{ port: 80, targetPort: TCP_PORT, nodePort: NODE_PORT }]
  await everywhere(serviceOf('web', { ...clusterIP(VIP), type: 'NodePort' }, ports))
  await everywhere(sliceOf('web', [b1!]))
  for (const address of addresses) {
    await expect.poll(() => ask(fabric, address, NODE_PORT).then(nameOf)).toBe('b1')
    expect(nameOf(await a1!.ask(address, NODE_PORT))).toBe('b1')
    expect(nameOf(await ask(inNode[0]!, address, NODE_PORT))).toBe('b1')
  }
  expect(nameOf(await ask(inNode[0]!, '127.0.0.1', NODE_PORT))).toBe('b1')
  await everywhere(sliceOf('web', []))
  await expect.poll(() => ask(fabric, addresses[0]!, NODE_PORT)).toBe('ECONNREFUSED')
})

test("externalTrafficPolicy Local keeps the client's address, and refuses where no endpoint is", async () => {
  const ports = [{ port: 80, targetPort: TCP_PORT, nodePort: NODE_PORT }]
  const spec = { ...clusterIP(VIP), type: 'NodePort', externalTrafficPolicy: 'Local' }
  await everywhere(serviceOf('web', spec, ports))
  await everywhere(sliceOf('web', [b1!]))
  await expect.poll(() => ask(fabric, addresses[1]!, NODE_PORT)).toBe('b1 172.30.0.1')
  expect(await ask(fabric, addresses[0]!, NODE_PORT)).toBe('ECONNREFUSED')
  // The policy is for traffic from outside only.
  expect(nameOf(await a1!.ask(addresses[0]!, NODE_PORT))).toBe('b1')
  expect(nameOf(await ask(inNode[0]!, addresses[0]!, NODE_PORT))).toBe('b1')
})

test('external addresses lead to endpoints, and load balancers let through whom they should', async () => {
  const spec = { ...clusterIP('10.96.0.51'), type: 'LoadBalancer', externalIPs: ['192.0.2.7'] }
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } }
  const firewall = { loadBalancerSourceRanges: [`${a1!.ip}/32`] }
  await everywhere({ ...serviceOf('balanced', { ...spec, ...firewall }), status })
  await everywhere(sliceOf('balanced', [b1!]))
  for (const address of ['192.0.2.7', '192.0.2.8'])
    await expect.poll(() => a1!.ask(address, 80).then(nameOf)).toBe('b1')
  expect(nameOf(await a2!.ask('192.0.2.7', 80))).toBe('b1')
  expect(await a2!.ask('192.0.2.8', 80)).toBe('TimeoutError')
  await everywhere(sliceOf('balanced', []))
  await expect.poll(() => a1!.ask('192.0.2.8', 80)).toBe('ECONNREFUSED')
})

test('a client with session affinity keeps its endpoint for as long as there is one', async () => {
  const vip = '10.96.0.52'
  await everywhere(serviceOf('sticky', { ...clusterIP(vip), sessionAffinity: 'ClientIP' }))
  await everywhere(sliceOf('sticky', [a1!, b1!]))
  await expect.poll(() => a2!.ask(vip, 80).then(nameOf)).toMatch(/^(a1|b1)$/)
  const first = nameOf(await a2!.ask(vip, 80))
  expect(new Set(await asked(20, () => a2!.ask(vip, 80)))).toEqual(new Set([first]))
  // Another endpoint does not change anything, whatever its place among the others.
  await everywhere(sliceOf('sticky', [a1!, a2!, b1!]))
  expect(new Set(await asked(20, () => a2!.ask(vip, 80)))).toEqual(new Set([first]))
  const others = [a1!, a2!, b1!].filter(p => p.name !== first)
  await everywhere(sliceOf('sticky', others))
  await expect.poll(() => a2!.ask(vip, 80).then(nameOf)).not.toBe(first)
  const second = nameOf(await a2!.ask(vip, 80))
  expect(new Set(await asked(20, () => a2!.ask(vip, 80)))).toEqual(new Set([second]))
})

test('a UDP client that keeps its port follows the endpoints', async () => {
  const vip = '10.96.0.53'
  const udp = { name: 'u', protocol: 'UDP' }
  await everywhere(serviceOf('udp', clusterIP(vip), [{ ...udp, port: 53, targetPort: UDP_PORT }]))
  await everywhere(sliceOf('udp', [a1!], { ...udp, port: UDP_PORT }))
  const socket = await a2!.netns.bind('0.0.0.0', 0)
  try {
    await expect.poll(() => exchange(socket, vip, 53), { timeout: 5000 }).toBe('a1')
    await everywhere(sliceOf('udp', [b1!], { ...udp, port: UDP_PORT }))
    await expect.poll(() => exchange(socket, vip, 53), { timeout: 5000 }).toBe('b1')
  } finally {
    socket.close()
  }
})

test('an address that two Services claim is served by the older, and the log says so', async () => {
  const claim = (name: string, ip: string) => serviceOf(name, { ...clusterIP(ip), externalIPs: ['192.0.2.9'] })
  await everywhere(claim('first', '10.96.0.60'))
  await everywhere(sliceOf('first', [a1!]))
  await expect.poll(() => a2!.ask('192.0.2.9', 80).then(nameOf)).toBe('a1')
  await everywhere(sliceOf('second', [b1!]))
  await everywhere(claim('second', '10.96.0.61'))
  await expect.poll(() => networks[0]!.logs.join('\n')).toContain('default/second does not get 192.0.2.9 port 80/tcp')
  expect(nameOf(await a2!.ask('192.0.2.9', 80))).toBe('a1')
  await Promise.all(networks.map(n => n.delete(serviceOf('first', {}))))
  await expect.poll(() => a2!.ask('192.0.2.9', 80).then(nameOf)).toBe('b1')
})

test('pods look names up at their node', async () => {
  await everywhere(serviceOf('named', clusterIP('10.96.0.70')))
  const lookUp = (name: string) => a1!.pod.exec('nslookup', '-type=a', name, addresses[0]!)
  await expect
    .poll(() => lookUp('named.default.svc.cluster.local').then(r => r.stdout))
    .toMatch(/Address: 10\.96\.0\.70/)
  expect((await lookUp('nobody.default.svc.cluster.local')).stdout).toContain('NXDOMAIN')
})

test('the ingress leads to Services, rewrites paths and says 503 where nothing answers', async () => {
  const pod = await runPod(cris[0]!, nodes[0]!, BUSYBOX, {
    command: [
      'sh',
      '-c',
      'mkdir -p /www/health; echo root > /www/index.html; echo fine > /www/health/index.html; exec httpd -f -p 8081 -h /www',
    ],
  })
  const web = { ...a1!, name: 'a-web', ip: pod.ip }
  await networks[0]!.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  })
  await networks[0]!.apply(serviceOf('site', clusterIP('10.96.0.80'), [{ port: 80, targetPort: 8081 }]))
  const backend = { service: { name: 'site', port: { number: 80 } } }
  const ingress = (name: string, host: string, path: string, annotations: object) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', annotations },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host, http: { paths: [{ path, pathType: 'ImplementationSpecific', backend }] } }],
    },
  })
  const rewrite = { 'nginx.ingress.kubernetes.io/rewrite-target': '/$2' }
  await networks[0]!.apply(ingress('site', 'apigateway.test', '/mydemo(/|$)(.*)', rewrite))
  const get = async (target: string, host = 'apigateway.test') => {
    const socket = await fabric.connect(addresses[0]!, 80, { signal: AbortSignal.timeout(3000) })
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    let text = ''
    for await (const chunk of socket) text += chunk
    return text
  }
  const eventually = async (target: string, status: string, host?: string) =>
    expect
      .poll(() => get(target, host).catch(error => error.code), { timeout: 10_000 })
      .toMatch(new RegExp(`^HTTP/1.1 ${status}`))
  await eventually('/mydemo', '503')
  await networks[0]!.apply(sliceOf('site', [web], { port: 8081 }))
  await eventually('/mydemo', '200')
  expect(await get('/mydemo')).toMatch(/root\n/)
  expect(await get('/mydemo/health/')).toMatch(/fine\n/)
  expect(await get('/other')).toMatch(/^HTTP\/1.1 404/)
  expect(await get('/mydemo', 'elsewhere.test')).toMatch(/^HTTP\/1.1 404/)

  // One that nginx cannot take does not disturb the others.
  await networks[0]!.apply(ingress('broken', 'broken.test', '/(unclosed', rewrite))
  await expect.poll(() => networks[0]!.logs.join('\n')).toContain('ingress default/broken: nginx does not take it')
  await networks[0]!.apply(ingress('more', 'more.test', '/', {}))
  await eventually('/', '200', 'more.test')
  expect(await get('/mydemo')).toMatch(/root\n/)
  await networks[0]!.apply(sliceOf('site', [], { port: 8081 }))
  await eventually('/mydemo', '503')
})

test('nginx ends with the process that started it, and the next one serves again', async () => {
  const pidFile = path.join(cluster.dir, 'ingress', 'nginx.pid')
  const before = readFileSync(pidFile, 'utf8').trim()
  await networks[0]!.end('SIGKILL')
  networks[0] = await startNetworkNode(nodes[0]!.networkNamespace, await settingsAgain())
  await expect.poll(() => readFileSync(pidFile, 'utf8').trim(), { timeout: 10_000 }).not.toBe(before)
  await expect.poll(() => ask(fabric, addresses[0]!, 443), { timeout: 10_000 }).not.toBe('ECONNREFUSED')
  expect(() => execFileSync('kill', ['-0', before], { stdio: 'ignore' })).toThrow()
})

async function settingsAgain() {
  const pki = await Pki.open(path.join(cluster.dir, 'pki'), systemClock)
  const certificate = await pki.leaf('ingress', { commonName: 'ingress', hosts: ['ingress.local'] })
  return {
    nodeName: 'node1',
    nodeAddress: addresses[0]!,
    ingress: { dir: path.join(cluster.dir, 'ingress'), certificate },
  }
}
