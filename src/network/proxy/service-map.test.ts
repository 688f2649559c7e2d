import { expect, test } from 'vitest'
import { serviceOf, sliceOf } from '../testing.ts'
import { type Place, type Rule, rulesOf } from './service-map.ts'

const place: Place = { nodeName: 'n1', zone: 'east', addresses: ['172.30.0.11', '127.0.0.1'] }
const local = { addresses: ['10.0.1.1'], conditions: { ready: true }, nodeName: 'n1' }
const remote = { addresses: ['10.0.2.1'], conditions: { ready: true }, nodeName: 'n2' }
const ending = { ready: false, serving: true, terminating: true }

const brief = (rules: readonly Rule[]) =>
  rules.map(
    r =>
      `${r.address}:${r.port}/${r.protocol} ${r.masquerade} -> ${r.endpoints.map(e => `${e.address}:${e.port}`).join(' ')}`,
  )

test('a ClusterIP leads to the ready endpoints', () => {
  const slices = [sliceOf('web', [local, remote, { addresses: ['10.0.3.1'], conditions: { ready: false } }])]
  expect(brief(rulesOf(serviceOf('web'), slices, place))).toEqual([
    '10.96.0.1:80/tcp cluster -> 10.0.1.1:8080 10.0.2.1:8080',
  ])
})

test('an endpoint that does not say whether it is ready is', () => {
  const [rule] = rulesOf(serviceOf('web'), [sliceOf('web', [{ addresses: ['10.0.1.1'] }])], place)
  expect(rule!.endpoints).toHaveLength(1)
})

test('endpoints that are published before they are ready are marked ready in their slice, also while they end', () => {
  const slices = [sliceOf('web', [{ ...local, conditions: { ready: true, serving: false, terminating: true } }])]
  const [rule] = rulesOf(serviceOf('web', { publishNotReadyAddresses: true }), slices, place)
  expect(rule!.endpoints).toHaveLength(1)
})

test('endpoints that end serve only while no other is ready', () => {
  const old = { addresses: ['10.0.9.9'], conditions: ending, nodeName: 'n1' }
  expect(brief(rulesOf(serviceOf('web'), [sliceOf('web', [old, remote])], place))).toEqual([
    '10.96.0.1:80/tcp cluster -> 10.0.2.1:8080',
  ])
  expect(brief(rulesOf(serviceOf('web'), [sliceOf('web', [old])], place))).toEqual([
    '10.96.0.1:80/tcp cluster -> 10.0.9.9:8080',
  ])
})

test('an endpoint that ends and no longer serves is never used', () => {
  const gone = { addresses: ['10.0.9.9'], conditions: { ...ending, serving: false } }
  expect(rulesOf(serviceOf('web'), [sliceOf('web', [gone])], place)[0]!.endpoints).toEqual([])
})

test('each port of a Service takes the port of that name and protocol from the slices', () => {
  const service = serviceOf('dns', {
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153 },
    ],
  })
  const ports = [
    { name: 'dns', port: 1053, protocol: 'UDP' },
    { name: 'dns', port: 2053, protocol: 'TCP' },
  ]
  expect(brief(rulesOf(service, [sliceOf('dns', ['10.0.1.1'], ports)], place))).toEqual([
    '10.96.0.1:53/udp cluster -> 10.0.1.1:1053',
    '10.96.0.1:53/tcp cluster -> 10.0.1.1:2053',
    '10.96.0.1:9153/tcp cluster -> ',
  ])
})

test('a named target port may be another number in each slice', () => {
  const slices = [sliceOf('web', ['10.0.1.1'], [{ port: 8080 }]), sliceOf('web', ['10.0.2.1'], [{ port: 9090 }])]
  expect(rulesOf(serviceOf('web'), slices, place)[0]!.endpoints).toEqual([
    { address: '10.0.1.1', port: 8080 },
    { address: '10.0.2.1', port: 9090 },
  ])
})

test('an endpoint in two slices counts once, and as ready if it is in one', () => {
  const notReady = { addresses: ['10.0.1.1'], conditions: { ready: false } }
  const slices = [sliceOf('web', ['10.0.1.1']), sliceOf('web', [notReady])]
  expect(rulesOf(serviceOf('web'), slices, place)[0]!.endpoints).toEqual([{ address: '10.0.1.1', port: 8080 }])
})

test('slices of another address type are not for this table', () => {
  const slices = [sliceOf('web', ['fd00::1'], [{ port: 80 }], { addressType: 'IPv6' })]
  expect(rulesOf(serviceOf('web'), slices, place)[0]!.endpoints).toEqual([])
})

test.each([
  ['headless', { clusterIP: 'None', clusterIPs: ['None'] }],
  ['ExternalName', { type: 'ExternalName', externalName: 'example.com' }],
  ['without an address yet', { clusterIP: '', clusterIPs: [] }],
  ['of IPv6 only', { clusterIP: 'fd00::1', clusterIPs: ['fd00::1'] }],
])('a Service that is %s has no rules', (_, spec) => {
  expect(rulesOf(serviceOf('web', spec), [sliceOf('web', [local])], place)).toEqual([])
})

test('of a Service with two addresses the IPv4 one is served', () => {
  const service = serviceOf('web', { clusterIP: 'fd00::1', clusterIPs: ['fd00::1', '10.96.0.2'] })
  expect(brief(rulesOf(service, [sliceOf('web', [local])], place))).toEqual([
    '10.96.0.2:80/tcp cluster -> 10.0.1.1:8080',
  ])
})

test('internalTrafficPolicy Local keeps to endpoints of this node', () => {
  const service = serviceOf('web', { internalTrafficPolicy: 'Local' })
  expect(rulesOf(service, [sliceOf('web', [local, remote])], place)[0]!.endpoints).toEqual([
    { address: '10.0.1.1', port: 8080 },
  ])
  expect(rulesOf(service, [sliceOf('web', [remote])], place)[0]!.endpoints).toEqual([])
})

test('a node port is served at every address of the node, with the node as the source', () => {
  const service = serviceOf('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })
  expect(brief(rulesOf(service, [sliceOf('web', [remote])], place))).toEqual([
    '10.96.0.1:80/tcp cluster -> 10.0.2.1:8080',
    '172.30.0.11:30080/tcp always -> 10.0.2.1:8080',
    '127.0.0.1:30080/tcp always -> 10.0.2.1:8080',
  ])
})

test('externalTrafficPolicy Local is for clients outside, and not for the loopback address', () => {
  const service = serviceOf('web', {
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    ports: [{ port: 80, nodePort: 30080 }],
  })
  const [internal, node, loopback] = rulesOf(service, [sliceOf('web', [remote])], place)
  expect(internal!.endpoints).toHaveLength(1)
  expect(node).toMatchObject({ masquerade: 'never', endpoints: [], inside: [{ address: '10.0.2.1', port: 8080 }] })
  expect(loopback).toMatchObject({ masquerade: 'always', endpoints: [{ address: '10.0.2.1', port: 8080 }] })
})

test('externalTrafficPolicy Local falls back to endpoints of this node that end', () => {
  const service = serviceOf('web', {
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    ports: [{ port: 80, nodePort: 30080 }],
  })
  const slices = [sliceOf('web', [{ ...local, conditions: ending }, remote])]
  expect(rulesOf(service, slices, place)[1]!.endpoints).toEqual([{ address: '10.0.1.1', port: 8080 }])
})

test('load balancer and external addresses are served once each; those of a proxying balancer are not', () => {
  const ingress = [{ ip: '192.0.2.1', ipMode: 'VIP' }, { ip: '192.0.2.2', ipMode: 'Proxy' }, { hostname: 'lb.example' }]
  const service = serviceOf(
    'web',
    { type: 'LoadBalancer', externalIPs: ['192.0.2.1', '192.0.2.3'] },
    { loadBalancer: { ingress } },
  )
  expect(brief(rulesOf(service, [sliceOf('web', [local])], place)).slice(1)).toEqual([
    '192.0.2.1:80/tcp always -> 10.0.1.1:8080',
    '192.0.2.3:80/tcp always -> 10.0.1.1:8080',
  ])
})

test('loadBalancerSourceRanges are for the balancer’s address only', () => {
  const service = serviceOf(
    'web',
    { type: 'LoadBalancer', externalIPs: ['192.0.2.3'], loadBalancerSourceRanges: [' 10.0.0.0/8 ', 'fd00::/8'] },
    { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  )
  const rules = rulesOf(service, [sliceOf('web', [local])], place)
  expect(rules.map(r => r.sources)).toEqual([undefined, ['10.0.0.0/8'], undefined])
})

test('session affinity lasts three hours unless said otherwise', () => {
  const seconds = (spec: object) => rulesOf(serviceOf('web', spec), [], place)[0]!.affinitySeconds
  expect(seconds({})).toBe(0)
  expect(seconds({ sessionAffinity: 'ClientIP' })).toBe(10_800)
  expect(seconds({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } })).toBe(60)
})

test('hints keep connections on the node or in the zone, when every endpoint has one', () => {
  const hinted = (address: string, nodeName: string, zone: string) => ({
    addresses: [address],
    nodeName,
    conditions: { ready: true },
    hints: { forNodes: [{ name: nodeName }], forZones: [{ name: zone }] },
  })
  const all = [hinted('10.0.1.1', 'n1', 'east'), hinted('10.0.2.1', 'n2', 'east'), hinted('10.0.3.1', 'n3', 'west')]
  const used = (where: Place, endpoints = all) =>
    rulesOf(serviceOf('web'), [sliceOf('web', endpoints)], where)[0]!.endpoints.map(e => e.address)
  expect(used(place)).toEqual(['10.0.1.1'])
  expect(used({ ...place, nodeName: 'n9' })).toEqual(['10.0.1.1', '10.0.2.1'])
  expect(used({ ...place, nodeName: 'n9', zone: 'south' })).toHaveLength(3)
  expect(used({ ...place, nodeName: 'n9', zone: undefined })).toHaveLength(3)
  const { hints, ...unhinted } = all[2]!
  expect(used(place, [all[0]!, all[1]!, unhinted as (typeof all)[0]])).toHaveLength(3)
})
