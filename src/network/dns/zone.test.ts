import { expect, test } from 'vitest'
import type { Service } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'
import { serviceOfSlice } from '../slices.ts'
import { serviceOf, sliceOf } from '../testing.ts'
import { type Resolution, Zone, type ZoneSource } from './zone.ts'

/** The zone of a cluster with the namespace dev and these objects in it. */
function zoneOf(services: readonly Service[], slices: readonly EndpointSlice[] = []): Zone {
  const keyed = new Map(services.map(s => [`${s.metadata.namespace}/${s.metadata.name}`, s]))
  const source: ZoneSource = {
    service: (namespace, name) => keyed.get(`${namespace}/${name}`),
    slices: (namespace, service) => slices.filter(s => serviceOfSlice(s).includes(`${namespace}/${service}`)),
    namespaceExists: name => name === 'dev',
    serviceByAddress: address => services.find(s => s.spec.clusterIP === address),
    slicesByAddress: address => slices.filter(s => s.endpoints.some(e => e.addresses.includes(address))),
  }
  return new Zone('cluster.local', source)
}

const headless = (name: string, more: object = {}) =>
  serviceOf(name, { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'http', port: 80 }], ...more })
const web = serviceOf('web', { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80 }] })
const db = headless('db')
const dbSlice = sliceOf(
  'db',
  [
    { addresses: ['10.0.1.1'], hostname: 'db-0' },
    { addresses: ['10.0.1.2'], hostname: 'db-1', conditions: { ready: true } },
    { addresses: ['10.0.1.3'], hostname: 'db-2', conditions: { ready: false } },
    { addresses: ['10.0.1.4'] },
  ],
  [{ name: 'http', port: 8080 }],
)
const zone = zoneOf([web, db, headless('empty')], [dbSlice])

const dataOf = (resolution: Resolution) =>
  resolution.kind === 'answers' ? resolution.answers.map(a => a.data) : resolution.kind
const ask = (name: string, type = 'A') => dataOf(zone.resolve(name, type))

test('a Service has its address', () => {
  expect(zone.resolve('web.dev.svc.cluster.local', 'A')).toEqual({
    kind: 'answers',
    answers: [{ name: 'web.dev.svc.cluster.local', type: 'A', ttl: 5, data: '10.96.0.7' }],
  })
})

test('names are compared without case and with or without the last dot', () => {
  expect(ask('WEB.Dev.SVC.Cluster.Local.')).toEqual(['10.96.0.7'])
})

test('a headless Service has the addresses of its ready endpoints', () => {
  expect(ask('db.dev.svc.cluster.local')).toEqual(['10.0.1.1', '10.0.1.2', '10.0.1.4'])
})

test('a headless Service without endpoints is no name', () => {
  expect(ask('empty.dev.svc.cluster.local')).toBe('no-name')
})

test('an endpoint of a headless Service is found by its host name, or by its address if it has none', () => {
  expect(ask('db-1.db.dev.svc.cluster.local')).toEqual(['10.0.1.2'])
  expect(ask('10-0-1-4.db.dev.svc.cluster.local')).toEqual(['10.0.1.4'])
  expect(ask('db-2.db.dev.svc.cluster.local')).toBe('no-name')
  expect(ask('10-0-1-1.web.dev.svc.cluster.local')).toBe('no-name')
})

test('IPv6 addresses are not there, but the names are', () => {
  expect(ask('web.dev.svc.cluster.local', 'AAAA')).toBe('no-data')
  expect(ask('db.dev.svc.cluster.local', 'AAAA')).toBe('no-data')
  expect(ask('db-0.db.dev.svc.cluster.local', 'AAAA')).toBe('no-data')
  expect(ask('nobody.dev.svc.cluster.local', 'AAAA')).toBe('no-name')
})

test('other types of existing names are not there', () => {
  expect(ask('web.dev.svc.cluster.local', 'MX')).toBe('no-data')
})

test.each(['cluster.local', 'svc.cluster.local', 'dev.svc.cluster.local', 'dev.pod.cluster.local'])(
  '%s is a name without data',
  name => {
    expect(ask(name)).toBe('no-data')
  },
)

test.each([
  'nobody.dev.svc.cluster.local',
  'web.elsewhere.svc.cluster.local',
  'elsewhere.svc.cluster.local',
  'x.cluster.local',
  'a.b.web.dev.svc.cluster.local',
  // What a resolver with a search path and ndots:5 tries first for a name outside.
  'example.com.dev.svc.cluster.local',
  'example.com.svc.cluster.local',
  'example.com.cluster.local',
])('%s is no name', name => {
  expect(ask(name)).toBe('no-name')
})

test.each(['example.com', 'notcluster.local', 'local', 'web'])('%s is for others to answer', name => {
  expect(ask(name)).toBe('elsewhere')
})

test('ports of a Service with an address', () => {
  const name = '_http._tcp.web.dev.svc.cluster.local'
  const target = 'web.dev.svc.cluster.local'
  expect(zone.resolve(name, 'SRV')).toEqual({
    kind: 'answers',
    answers: [{ name, type: 'SRV', ttl: 5, data: { priority: 0, weight: 100, port: 80, target } }],
    additionals: [{ name: target, type: 'A', ttl: 5, data: '10.96.0.7' }],
  })
})

test('ports of a headless Service lead to its endpoints, at their own ports', () => {
  const resolution = zone.resolve('_http._tcp.db.dev.svc.cluster.local', 'SRV')
  expect(dataOf(resolution)).toEqual(
    ['db-0', 'db-1', '10-0-1-4'].map(host => ({
      priority: 0,
      weight: 100,
      port: 8080,
      target: `${host}.db.dev.svc.cluster.local`,
    })),
  )
  expect(resolution).toMatchObject({
    additionals: [{ name: 'db-0.db.dev.svc.cluster.local', data: '10.0.1.1' }, {}, {}],
  })
})

test('ports that a Service has not are no names; other types of those it has are not there', () => {
  expect(ask('_nope._tcp.web.dev.svc.cluster.local', 'SRV')).toBe('no-name')
  expect(ask('_http._udp.web.dev.svc.cluster.local', 'SRV')).toBe('no-name')
  expect(ask('_http._tcp.web.dev.svc.cluster.local', 'A')).toBe('no-data')
  expect(ask('_tcp.web.dev.svc.cluster.local', 'SRV')).toBe('no-data')
})

test('the name of a pod is its address', () => {
  expect(ask('10-244-0-5.dev.pod.cluster.local')).toEqual(['10.244.0.5'])
  expect(ask('10-244-0-5.dev.pod.cluster.local', 'AAAA')).toBe('no-data')
  expect(ask('10-244-0-5.elsewhere.pod.cluster.local')).toBe('no-name')
  expect(ask('10-244-0-500.dev.pod.cluster.local')).toBe('no-name')
  expect(ask('web.dev.pod.cluster.local')).toBe('no-name')
})

test('addresses of Services and of headless endpoints lead to their names', () => {
  expect(ask('7.0.96.10.in-addr.arpa', 'PTR')).toEqual(['web.dev.svc.cluster.local'])
  expect(ask('1.1.0.10.in-addr.arpa', 'PTR')).toEqual(['db-0.db.dev.svc.cluster.local'])
  expect(ask('4.1.0.10.in-addr.arpa', 'PTR')).toEqual(['10-0-1-4.db.dev.svc.cluster.local'])
  expect(ask('7.0.96.10.in-addr.arpa', 'A')).toBe('no-data')
  expect(ask('9.9.9.9.in-addr.arpa', 'PTR')).toBe('elsewhere')
})

test('the version of the specification', () => {
  expect(ask('dns-version.cluster.local', 'TXT')).toEqual([['1.1.0']])
})

const alias = (name: string, externalName: string) =>
  serviceOf(name, { type: 'ExternalName', externalName, clusterIP: '', clusterIPs: [], ports: [] })

test('an ExternalName is another name, looked up as far as it is known here', () => {
  const aliases = zoneOf([web, alias('inside', 'web.dev.svc.cluster.local'), alias('outside', 'example.com.')])
  expect(dataOf(aliases.resolve('inside.dev.svc.cluster.local', 'A'))).toEqual([
    'web.dev.svc.cluster.local',
    '10.96.0.7',
  ])
  expect(dataOf(aliases.resolve('inside.dev.svc.cluster.local', 'AAAA'))).toEqual(['web.dev.svc.cluster.local'])
  expect(dataOf(aliases.resolve('inside.dev.svc.cluster.local', 'MX'))).toBe('no-data')
  expect(aliases.resolve('outside.dev.svc.cluster.local', 'A')).toMatchObject({ alias: 'example.com' })
})

test('names that lead to each other in a circle come to an end', () => {
  const circle = zoneOf([alias('a', 'b.dev.svc.cluster.local'), alias('b', 'a.dev.svc.cluster.local')])
  const resolution = circle.resolve('a.dev.svc.cluster.local', 'A')
  expect(resolution.kind === 'answers' && resolution.answers.length).toBeLessThan(20)
})
