import { expect, test } from 'vitest'
import type { Service } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'
import type { Ingress } from '../../api/networking/ingress.ts'
import { serviceOfSlice } from '../slices.ts'
import { ingressOf, serviceOf, sliceOf } from '../testing.ts'
import type { Backends } from './backend.ts'
import { ingressModel } from './model.ts'

const clusterOf = (services: readonly Service[], slices: readonly EndpointSlice[]): Backends => ({
  service: key => services.find(s => `${s.metadata.namespace}/${s.metadata.name}` === key),
  slices: key => slices.filter(s => serviceOfSlice(s).includes(key)),
})
const web = serviceOf('web', { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80 }] })
const cluster = clusterOf([web], [sliceOf('web', ['10.0.1.1'], [{ name: 'http', port: 8080 }])])
const modelOf = (...ingresses: Ingress[]) => ingressModel(ingresses, cluster)
const hostOf = (host: string, ...ingresses: Ingress[]) => modelOf(...ingresses).hosts.find(h => h.host === host)!

test('a path leads to its Service’s address, by the port’s number or name', () => {
  const host = hostOf('a.test', ingressOf('i', 'a.test', [{ path: '/x' }, { path: '/y', port: 'http' }]))
  expect(host.locations.map(l => [l.path, l.match, l.backend])).toEqual([
    ['/x', 'prefix', { name: 'dev.web.80', servers: ['10.96.0.7:80'] }],
    ['/y', 'prefix', { name: 'dev.web.80', servers: ['10.96.0.7:80'] }],
  ])
})

test.each([
  ['no such Service', { service: 'nobody' }],
  ['no such port', { port: 81 }],
  ['no such named port', { port: 'https' }],
])('%s: nothing answers', (_, path) => {
  expect(hostOf('a.test', ingressOf('i', 'a.test', [path])).locations[0]!.backend).toBeUndefined()
})

test('a Service without a ready endpoint does not answer', () => {
  const notReady = sliceOf(
    'web',
    [{ addresses: ['10.0.1.1'], conditions: { ready: false } }],
    [{ name: 'http', port: 8080 }],
  )
  const { hosts } = ingressModel([ingressOf('i', 'a.test', [{}])], clusterOf([web], [notReady]))
  expect(hosts[0]!.locations[0]!.backend).toBeUndefined()
})

test('a headless Service is reached at its endpoints', () => {
  const headless = serviceOf('web', { clusterIP: 'None', clusterIPs: ['None'] })
  const slices = [sliceOf('web', ['10.0.1.1', '10.0.1.2'])]
  const { hosts } = ingressModel([ingressOf('i', 'a.test', [{}])], clusterOf([headless], slices))
  expect(hosts[0]!.locations[0]!.backend!.servers).toEqual(['10.0.1.1:8080', '10.0.1.2:8080'])
})

test('an ExternalName is reached by its name, unless that is none', () => {
  const external = (externalName: string) => serviceOf('web', { type: 'ExternalName', externalName, ports: [] })
  const backend = (name: string) =>
    ingressModel([ingressOf('i', 'a.test', [{ port: 8443 }])], clusterOf([external(name)], [])).hosts[0]!.locations[0]!
      .backend
  expect(backend('example.com')).toEqual({
    name: 'dev.web.8443',
    servers: [],
    external: { host: 'example.com', port: 8443 },
  })
  expect(backend('example.com; return 200')).toBeUndefined()
})

test('paths are exact, prefixes, or regular expressions where annotations say so', () => {
  const matches = (pathType: string, annotations = {}) =>
    hostOf('a.test', ingressOf('i', 'a.test', [{ path: '/x', pathType }], { annotations })).locations[0]!.match
  expect(matches('Exact')).toBe('exact')
  expect(matches('Prefix')).toBe('prefix')
  expect(matches('ImplementationSpecific')).toBe('prefix')
  expect(matches('ImplementationSpecific', { 'use-regex': 'true' })).toBe('regex')
  expect(matches('Prefix', { 'rewrite-target': '/$1' })).toBe('regex')
  expect(matches('Exact', { 'rewrite-target': '/x' })).toBe('exact')
})

test('of two that claim a path the older gets it, and the other hears of it', () => {
  const older = ingressOf('z', 'a.test', [{ path: '/x' }])
  const newer = ingressOf('a', 'a.test', [{ path: '/x/' }, { path: '/y' }], {
    metadata: { creationTimestamp: '2026-01-02T00:00:00Z' },
  })
  const { hosts, problems } = modelOf(newer, older)
  expect(hosts[0]!.locations.map(l => [l.path, l.source])).toEqual([
    ['/x', 'dev/z'],
    ['/y', 'dev/a'],
  ])
  expect(problems).toEqual([{ source: 'dev/a', message: 'a.test/x/ is served by dev/z already' }])
})

test('a default backend takes what the rules of its own hosts do not', () => {
  const spec = { defaultBackend: { service: { name: 'web', port: { number: 80 } } } }
  const rules = ingressOf('i', 'a.test', [{ path: '/x', service: 'nobody' }])
  const both = { ...rules, spec: { ...rules.spec, ...spec } } as Ingress
  expect(hostOf('a.test', both).locations.map(l => [l.path, l.backend?.name])).toEqual([
    ['/x', undefined],
    ['/', 'dev.web.80'],
  ])
  expect(modelOf(both).hosts).toHaveLength(1)
  expect(hostOf('', ingressOf('only', '', [], { spec })).locations).toMatchObject([{ path: '/', match: 'prefix' }])
})

test('a default backend does not take the place of a rule for /', () => {
  const rules = ingressOf('i', 'a.test', [{ path: '/' }])
  const defaultBackend = { service: { name: 'nobody', port: { number: 80 } } }
  const both = { ...rules, spec: { ...rules.spec, defaultBackend } } as Ingress
  expect(hostOf('a.test', both).locations).toHaveLength(1)
})

test('plain requests go to https where there is a certificate, unless they should not', () => {
  const tls = {
    spec: { rules: ingressOf('i', 'a.test', [{}]).spec.rules, tls: [{ hosts: ['a.test'], secretName: 's' }] },
  }
  const redirects = (annotations: Record<string, string>, more: object = tls) =>
    hostOf('a.test', ingressOf('i', 'a.test', [{}], { annotations, ...more })).locations[0]!.redirectToHttps
  expect(redirects({})).toBe(true)
  expect(redirects({ 'ssl-redirect': 'false' })).toBe(false)
  expect(redirects({}, {})).toBe(false)
  expect(redirects({ 'force-ssl-redirect': 'true' }, {})).toBe(true)
  expect(hostOf('a.test', ingressOf('i', 'a.test', [{}], tls)).tlsSecret).toBe('dev/s')
})

test('a certificate without hosts is for those of the rules', () => {
  const rules = ingressOf('i', 'a.test', [{}]).spec.rules
  expect(
    hostOf('a.test', ingressOf('i', 'a.test', [{}], { spec: { rules, tls: [{ secretName: 's' }] } })).tlsSecret,
  ).toBe('dev/s')
})

test('annotations with bad values make the Ingress unavailable, unknown ones are told', () => {
  const { hosts, problems } = modelOf(
    ingressOf('i', 'a.test', [{}], { annotations: { 'proxy-body-size': '8m; evil', 'server-snippet': 'x' } }),
  )
  expect(hosts[0]!.locations[0]!.backend).toBeUndefined()
  expect(problems.map(p => p.message)).toEqual([
    'annotation nginx.ingress.kubernetes.io/proxy-body-size has an invalid value',
    'annotation nginx.ingress.kubernetes.io/server-snippet is not supported',
  ])
})

test('users of another namespace cannot be borrowed', () => {
  const annotations = { 'auth-type': 'basic', 'auth-secret': 'other/users' }
  expect(modelOf(ingressOf('i', 'a.test', [{}], { annotations })).problems).toHaveLength(1)
  const own = { 'auth-type': 'basic', 'auth-secret': 'users' }
  expect(
    hostOf('a.test', ingressOf('i', 'a.test', [{}], { annotations: own })).locations[0]!.settings.basicAuth,
  ).toEqual({
    secret: 'dev/users',
    realm: 'Authentication Required',
  })
})

test.each(['a.test;', 'a b', '-a.test', '*.*.test', 'a.test}', 'A.test'])('%s is no host', host => {
  const { hosts, problems } = modelOf(ingressOf('i', host, [{}]))
  expect(hosts).toEqual([])
  expect(problems).toHaveLength(1)
})

test('a path that does not begin with / is told', () => {
  expect(modelOf(ingressOf('i', 'a.test', [{ path: '~ ^/' }])).problems).toMatchObject([
    { message: 'path ~ ^/ does not begin with /' },
  ])
})
