import { expect, test } from 'vitest'
import { At } from '../../apimachinery/validation/at.ts'
import { filled, problems, row, updateProblems } from '../testing.ts'
import { ingress } from './ingress.ts'
import { ingressClass } from './ingressclass.ts'
import { networkPolicy } from './networkpolicy.ts'

const metadata = { name: 'web', namespace: 'default' }
const service = { name: 'web', port: { number: 80 } }
const backend = { service }
const rules = (path: object) => [
  { host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...path }] } },
]

test('an Ingress’s paths and backends are checked', () => {
  expect(problems(ingress, { metadata, spec: { rules: rules({}) } })).toEqual([])
  expect(problems(ingress, { metadata, spec: {} })).toEqual([
    'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified',
  ])
  const path = 'spec.rules[0].http.paths[0]'
  expect(problems(ingress, { metadata, spec: { rules: rules({ pathType: undefined }) } })).toEqual([
    `${path}.pathType: Required value: pathType must be specified`,
  ])
  expect(problems(ingress, { metadata, spec: { rules: rules({ pathType: 'Regex' }) } })).toEqual([
    `${path}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
  ])
  expect(problems(ingress, { metadata, spec: { rules: rules({ path: 'x' }) } })).toEqual([
    `${path}.path: Invalid value: "x": must be an absolute path`,
  ])
  expect(problems(ingress, { metadata, spec: { rules: rules({ backend: {} }) } })).toEqual([
    `${path}.backend: Invalid value: "": resource or service backend is required`,
  ])
  const both = { service: { name: 'web', port: { number: 80, name: 'http' } } }
  expect(problems(ingress, { metadata, spec: { defaultBackend: both } })).toEqual([
    'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
  ])
})

test('an Ingress’s hosts are DNS names', () => {
  const host = (host: string) => problems(ingress, { metadata, spec: { rules: [{ ...rules({})[0], host }] } })
  expect(host('*.a.example')).toEqual([])
  expect(host('10.0.0.1')).toEqual([
    'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ])
  expect(host('A_b')[0]).toContain('a lowercase RFC 1123 subdomain must consist of')
})

test('where an Ingress is reached must be addresses and names; those from before stay', () => {
  const reached = (...points: object[]) =>
    filled(ingress, { metadata, spec: {}, status: { loadBalancer: { ingress: points } } })
  const at = new At()
  ingress.validateStatusUpdate?.(
    reached({ ip: 'old' }, { ip: 'new', hostname: 'a.example' }, { ip: '10.0.0.1', hostname: '10.0.0.1' }),
    reached({ ip: 'old' }),
    at,
  )
  const place = 'status.loadBalancer.ingress'
  expect(at.errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([
    `${place}[1].ip: Invalid value: "new": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
    `${place}[2].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address`,
  ])
})

test('rows of Ingresses and classes', () => {
  const object = filled(ingress, {
    metadata,
    spec: { ingressClassName: 'nginx', rules: rules({}), tls: [{ hosts: ['a.example'] }] },
    status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }, { hostname: 'lb' }] } },
  })
  expect(row(ingress, object)).toEqual({
    Class: 'nginx',
    Hosts: 'a.example',
    Address: '10.0.0.1,lb',
    Ports: '80, 443',
    Age: '<unknown>',
  })
  const klass = filled(ingressClass, {
    metadata: { name: 'x' },
    spec: { controller: 'a.b/c', parameters: { apiGroup: 'g', kind: 'K', name: 'n', scope: 'Cluster' } },
  })
  expect(row(ingressClass, klass)).toMatchObject({ Controller: 'a.b/c', Parameters: 'K.g/n' })
})

test('an IngressClass’s controller is a path and stays', () => {
  const klass = (controller: string) => ({ metadata: { name: 'x' }, spec: { controller } })
  expect(problems(ingressClass, klass('plain'))).toEqual([
    'spec.controller: Invalid value: "plain": must be a domain-prefixed path (such as "acme.io/foo")',
  ])
  expect(updateProblems(ingressClass, klass('a.b/c'), klass('a.b/d'))).toEqual([
    'spec.controller: Invalid value: "a.b/d": field is immutable',
  ])
})

test('a NetworkPolicy’s defaults follow from its rules', () => {
  expect(filled(networkPolicy, { metadata, spec: { podSelector: {} } }).spec.policyTypes).toEqual(['Ingress'])
  expect(filled(networkPolicy, { metadata, spec: { podSelector: {}, egress: [{}] } }).spec.policyTypes).toEqual([
    'Ingress',
    'Egress',
  ])
  const ports = filled(networkPolicy, { metadata, spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } })
  expect(ports.spec.ingress?.[0]?.ports?.[0]).toEqual({ protocol: 'TCP', port: 80 })
})

test('a NetworkPolicy’s peers and ports are checked', () => {
  const ingress = (rule: object) => problems(networkPolicy, { metadata, spec: { podSelector: {}, ingress: [rule] } })
  expect(ingress({ from: [{}] })).toEqual(['spec.ingress[0].from[0]: Required value: must specify a peer'])
  expect(ingress({ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] })).toEqual([
    'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
  ])
  expect(ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/16', except: ['11.0.0.0/24'] } }] })).toEqual([
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/24": must be a strict subset of `cidr`',
  ])
  expect(ingress({ ports: [{ port: 80, endPort: 79 }] })).toEqual([
    'spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`',
  ])
})
