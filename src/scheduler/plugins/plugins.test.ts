import { expect, test } from 'vitest'
import { Cache } from '../cache.ts'
import { argsOf } from '../config/profile.ts'
import { contextOf, nodeInfoOf, nodeOf, podInfoOf, rejectionOf, scoresOf, storedNode } from '../testing.ts'
import { imageLocality } from './image-locality.ts'
import { nodeAffinity as makeNodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesBalancedAllocation as makeBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { nodeResourcesFit as makeFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { taintToleration } from './taint-toleration.ts'

const fitWith = (args: object) => makeFit(argsOf([{ name: 'NodeResourcesFit', args }]).NodeResourcesFit)
const nodeResourcesFit = fitWith({})
const nodeResourcesBalancedAllocation = makeBalancedAllocation(argsOf([]).NodeResourcesBalancedAllocation)
const nodeAffinity = makeNodeAffinity({})
const withAffinity = (nodeAffinity: object) => podInfoOf('web', {}, { affinity: { nodeAffinity } as never })
const term = (key: string, operator: string, ...values: string[]) => ({ matchExpressions: [{ key, operator, values }] })

test('NodeName: only the named node', () => {
  const pod = podInfoOf('web', {}, { nodeName: 'a' })
  expect(rejectionOf(nodeName, pod, nodeInfoOf(nodeOf('a')))).toBeUndefined()
  expect(rejectionOf(nodeName, pod, nodeInfoOf(nodeOf('b')))).toEqual(["node(s) didn't match the requested node name"])
})

test('NodeUnschedulable: cordoned nodes take only pods that tolerate it', () => {
  const cordoned = nodeInfoOf(nodeOf('a', {}, { unschedulable: true }))
  expect(rejectionOf(nodeUnschedulable, podInfoOf('web'), cordoned)).toEqual(['node(s) were unschedulable'])
  const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }]
  expect(rejectionOf(nodeUnschedulable, podInfoOf('web', {}, { tolerations }), cordoned)).toBeUndefined()
})

test('TaintToleration: hard taints reject, PreferNoSchedule lowers the score', () => {
  const hard = nodeInfoOf(nodeOf('a', {}, { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }))
  const soft = nodeInfoOf(nodeOf('b', {}, { taints: [{ key: 'k', value: 'v', effect: 'PreferNoSchedule' }] }))
  const plain = nodeInfoOf(nodeOf('c'))
  expect(rejectionOf(taintToleration, podInfoOf('web'), hard)).toEqual(['node(s) had untolerated taint(s)'])
  const tolerant = podInfoOf('web', {}, { tolerations: [{ key: 'k', operator: 'Equal', value: 'v' }] })
  expect(rejectionOf(taintToleration, tolerant, hard)).toBeUndefined()
  const wrong = podInfoOf('web', {}, { tolerations: [{ key: 'k', operator: 'Equal', value: 'x' }] })
  expect(rejectionOf(taintToleration, wrong, hard)).toBeDefined()
  expect(scoresOf(taintToleration, podInfoOf('web'), [soft, plain])).toEqual({ b: 0, c: 100 })
  expect(scoresOf(taintToleration, tolerant, [soft, plain])).toEqual({ b: 100, c: 100 })
})

test('NodeAffinity: selector and required terms must hold, terms are alternatives', () => {
  const ssd = nodeInfoOf(nodeOf('a', {}, {}, { disk: 'ssd', gen: '7' }))
  expect(rejectionOf(nodeAffinity, podInfoOf('web', {}, { nodeSelector: { disk: 'hdd' } }), ssd)).toEqual([
    "node(s) didn't match Pod's node affinity/selector",
  ])
  const required = (...nodeSelectorTerms: object[]) =>
    withAffinity({ requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } })
  expect(rejectionOf(nodeAffinity, required(term('disk', 'In', 'hdd'), term('gen', 'Gt', '6')), ssd)).toBeUndefined()
  expect(rejectionOf(nodeAffinity, required(term('disk', 'NotIn', 'ssd')), ssd)).toBeDefined()
  expect(rejectionOf(nodeAffinity, required(term('gpu', 'DoesNotExist')), ssd)).toBeUndefined()
  expect(rejectionOf(nodeAffinity, required({}), ssd)).toBeDefined()
})

test('NodeAffinity: preferred terms add up', () => {
  const pod = withAffinity({
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 30, preference: term('disk', 'In', 'ssd') },
      { weight: 10, preference: term('zone', 'Exists') },
    ],
  })
  const nodes = [
    nodeInfoOf(nodeOf('both', {}, {}, { disk: 'ssd', zone: 'z' })),
    nodeInfoOf(nodeOf('zone', {}, {}, { zone: 'z' })),
    nodeInfoOf(nodeOf('none')),
  ]
  expect(scoresOf(nodeAffinity, pod, nodes)).toEqual({ both: 100, zone: 25, none: 0 })
})

test('NodePorts: a host port is taken per protocol and address', () => {
  const using = (hostPort: number, protocol = 'TCP', hostIP?: string) =>
    podInfoOf(
      `p${hostPort}`,
      {},
      {
        containers: [{ name: 'a', image: 'a', ports: [{ containerPort: 80, hostPort, protocol, hostIP }] }],
      },
    )
  const node = nodeInfoOf(nodeOf('a'), using(8080), using(9090, 'TCP', '10.0.0.1'))
  const taken = ["node(s) didn't have free ports for the requested pod ports"]
  expect(rejectionOf(nodePorts, using(8080), node)).toEqual(taken)
  expect(rejectionOf(nodePorts, using(8080, 'UDP'), node)).toBeUndefined()
  expect(rejectionOf(nodePorts, using(9090, 'TCP', '10.0.0.2'), node)).toBeUndefined()
  expect(rejectionOf(nodePorts, using(9090), node)).toEqual(taken)
})

test('NodeResourcesFit: tells all that is short', () => {
  const node = nodeInfoOf(nodeOf('a', { cpu: '1', memory: '1Gi', pods: '1' }), podInfoOf('old', { cpu: '900m' }))
  expect(rejectionOf(nodeResourcesFit, podInfoOf('web', { cpu: '200m', 'example.com/gpu': '1' }), node)).toEqual([
    'Too many pods',
    'Insufficient cpu',
    'Insufficient example.com/gpu',
  ])
})

test('NodeResourcesFit: init containers count where they need more, sidecars add up', () => {
  const resources = (cpu: string) => ({ requests: { cpu } })
  const pod = podInfoOf(
    'web',
    {},
    {
      containers: [{ name: 'a', image: 'a', resources: resources('200m') }],
      initContainers: [
        { name: 'side', image: 'a', restartPolicy: 'Always', resources: resources('100m') },
        { name: 'init', image: 'a', resources: resources('500m') },
      ],
      overhead: { cpu: '10m' },
    },
  )
  expect(pod.requests.milliCpu).toBe(610)
})

test('NodeResourcesFit prefers the emptier node; BalancedAllocation the more evenly used one', () => {
  const empty = nodeInfoOf(nodeOf('empty', { cpu: '4', memory: '4Gi' }))
  const half = nodeInfoOf(nodeOf('half', { cpu: '4', memory: '4Gi' }), podInfoOf('old', { cpu: '2', memory: '2Gi' }))
  const lopsided = nodeInfoOf(nodeOf('lopsided', { cpu: '4', memory: '4Gi' }), podInfoOf('old', { cpu: '2' }))
  const pod = podInfoOf('web', { cpu: '1', memory: '1Gi' })
  expect(scoresOf(nodeResourcesFit, pod, [empty, half])).toEqual({ empty: 75, half: 25 })
  expect(scoresOf(nodeResourcesBalancedAllocation, pod, [half, lopsided])).toEqual({ half: 100, lopsided: 75 })
  expect(scoresOf(nodeResourcesBalancedAllocation, podInfoOf('none'), [half])).toBeUndefined()
})

test('ImageLocality: an image that is there counts by size and by how common it is', () => {
  const cache = new Cache()
  const images = [{ names: ['main:1'], sizeBytes: 500 * 1024 * 1024 }]
  const [has, lacks] = [nodeOf('has'), nodeOf('lacks')]
  for (const input of [{ ...has, status: { ...has.status, images } }, lacks]) cache.setNode(storedNode(input))
  expect(scoresOf(imageLocality, podInfoOf('web'), cache.nodes, contextOf(cache))).toEqual({ has: 23, lacks: 0 })
})

test('NodeResourcesFit: MostAllocated packs, and a shape says what use is worth', () => {
  const empty = nodeInfoOf(nodeOf('empty', { cpu: '4', memory: '4Gi' }))
  const half = nodeInfoOf(nodeOf('half', { cpu: '4', memory: '4Gi' }), podInfoOf('old', { cpu: '2', memory: '2Gi' }))
  const pod = podInfoOf('web', { cpu: '1', memory: '1Gi' })
  const most = fitWith({ scoringStrategy: { type: 'MostAllocated' } })
  expect(scoresOf(most, pod, [empty, half])).toEqual({ empty: 25, half: 75 })
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 50, score: 10 },
    { utilization: 100, score: 0 },
  ]
  const ratio = { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape } }
  expect(scoresOf(fitWith({ scoringStrategy: ratio }), pod, [empty, half])).toEqual({ empty: 50, half: 50 })
})

test('NodeResourcesFit: extended resources count for pods that want them, unless somebody else looks after them', () => {
  const gpu = 'example.com/gpu'
  const resources = [{ name: gpu, weight: 5 }]
  const strategy = { scoringStrategy: { type: 'MostAllocated', resources } }
  const [few, many] = [nodeInfoOf(nodeOf('few', { [gpu]: '2' })), nodeInfoOf(nodeOf('many', { [gpu]: '8' }))]
  expect(scoresOf(fitWith(strategy), podInfoOf('web', { [gpu]: '1' }), [few, many])).toEqual({ few: 50, many: 12 })
  expect(scoresOf(fitWith(strategy), podInfoOf('web'), [few, many])).toEqual({ few: 0, many: 0 })
  const greedy = podInfoOf('greedy', { [gpu]: '9' })
  expect(rejectionOf(fitWith({}), greedy, few)).toEqual([`Insufficient ${gpu}`])
  expect(rejectionOf(fitWith({ ignoredResources: [gpu] }), greedy, few)).toBeUndefined()
  expect(rejectionOf(fitWith({ ignoredResourceGroups: ['example.com'] }), greedy, few)).toBeUndefined()
})

test('NodeAffinity: what the profile adds must hold besides', () => {
  const required = (...nodeSelectorTerms: object[]) => ({
    addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  })
  const args = argsOf([{ name: 'NodeAffinity', args: required(term('disk', 'In', 'ssd')) }]).NodeAffinity
  const [ssd, hdd] = ['ssd', 'hdd'].map(disk => nodeInfoOf(nodeOf(disk, {}, {}, { disk })))
  expect(rejectionOf(makeNodeAffinity(args), podInfoOf('web'), ssd!)).toBeUndefined()
  expect(rejectionOf(makeNodeAffinity(args), podInfoOf('web'), hdd!)).toEqual([
    "node(s) didn't match scheduler-enforced node affinity",
  ])
})
