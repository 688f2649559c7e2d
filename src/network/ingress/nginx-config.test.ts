import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ingress } from '../../api/networking/ingress.ts'
import { systemClock } from '../../apimachinery/clock.ts'
import { Pki } from '../../cluster/pki/pki.ts'
import { ingressOf, serviceOf, sliceOf } from '../testing.ts'
import { ingressModel } from './model.ts'
import { nginxConfig } from './nginx-config.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ingress-'))
  const pki = await Pki.open(path.join(dir, 'pki'), systemClock)
  const pair = await pki.leaf('ingress', { commonName: 'ingress', hosts: ['ingress.local'] })
  await writeFile(path.join(dir, 'default.crt'), pair.certificate)
  await writeFile(path.join(dir, 'default.key'), pair.key)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const web = serviceOf('web', { clusterIP: '10.96.0.7' })
const external = serviceOf('external', { type: 'ExternalName', externalName: 'example.com', ports: [] })
const slice = sliceOf('web', ['10.0.1.1'])

function configOf(...ingresses: Ingress[]): string {
  const { hosts } = ingressModel(ingresses, {
    service: key => ({ 'dev/web': web, 'dev/external': external })[key],
    slices: () => [slice],
  })
  const files = {
    dir,
    certificate: () => path.join(dir, 'default'),
    users: (secret: string) => (secret === 'dev/users' ? path.join(dir, 'users') : undefined),
  }
  return nginxConfig(hosts, files, { listen: '127.0.0.1', httpPort: 18_080, httpsPort: 18_443, resolver: '127.0.0.1' })
}

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
const installed = !spawnSync('nginx', ['-v'], { env }).error

/** What nginx says against a configuration; empty when it takes it, and where there is no nginx to ask. */
async function complaint(config: string): Promise<string> {
  if (!installed) return ''
  const file = path.join(dir, 'nginx.conf')
  await writeFile(file, config)
  const args = ['-t', '-q', '-p', dir, '-e', path.join(dir, 'error.log'), '-c', file]
  return promisify(execFile)('nginx', args, { env }).then(
    () => '',
    (error: Error & { stderr: string }) => error.stderr || error.message,
  )
}

/** The locations of a server, each with its lines. */
function locationsOf(config: string, host: string): Map<string, string> {
  const server = config.split('\n  server {').find(part => part.includes(`server_name ${host};`))!
  return new Map([...server.matchAll(/^ {4}location (.*) \{\n((?: {6}.*\n)*)/gm)].map(m => [m[1]!, m[2]!]))
}

test('nginx takes the configuration without any Ingress', async () => {
  const config = configOf()
  expect(await complaint(config)).toBe('')
  expect(locationsOf(config, '_').size).toBe(0)
  expect(config).toContain('location / { return 404; }')
})

test('a rewrite with groups', async () => {
  const paths = [{ path: '/mydemo(/|$)(.*)', pathType: 'ImplementationSpecific' }]
  const config = configOf(ingressOf('i', 'apigateway.test', paths, { annotations: { 'rewrite-target': '/$2' } }))
  expect(await complaint(config)).toBe('')
  const [[pattern, body]] = [...locationsOf(config, 'apigateway.test')] as [[string, string]]
  expect(pattern).toBe('~* "^/mydemo(/|$)(.*)"')
  expect(body).toContain('rewrite "(?i)^/mydemo(/|$)(.*)" "/$2" break;')
  expect(body).toContain('proxy_pass http://dev.web.80;')
})

test('a prefix counts whole elements, and gives way to an exact path', async () => {
  const paths = [
    { path: '/foo', pathType: 'Prefix' },
    { path: '/foo', pathType: 'Exact' },
    { path: '/bar/', pathType: 'Prefix' },
    { path: '/', pathType: 'Prefix' },
  ]
  const config = configOf(ingressOf('i', 'a.test', paths))
  expect(await complaint(config)).toBe('')
  expect([...locationsOf(config, 'a.test').keys()]).toEqual(['= /bar', '/bar/', '/foo/', '= /foo', '/'])
})

test('beside regular expressions prefixes are some too, literally', async () => {
  const regex = ingressOf('r', 'a.test', [{ path: '/v[0-9]+', pathType: 'ImplementationSpecific' }], {
    annotations: { 'use-regex': 'true' },
  })
  const config = configOf(regex, ingressOf('p', 'a.test', [{ path: '/v1.0/long' }, { path: '/' }]))
  expect(await complaint(config)).toBe('')
  expect([...locationsOf(config, 'a.test').keys()]).toEqual(['~ "^/v1\\\\.0/long(?:/|$)"', '~* "^/v[0-9]+"', '/'])
})

test('a wildcard host is one label, and one without a host takes the rest', async () => {
  const config = configOf(ingressOf('w', '*.a.test', [{}]), ingressOf('rest', '', [{ path: '/rest' }]))
  expect(await complaint(config)).toBe('')
  expect(config).toContain('server_name "~^[^.]+\\\\.a\\\\.test$";')
  expect([...locationsOf(config, '_').keys()]).toEqual(['= /rest', '/rest/'])
})

test('redirects: to https, to another place, to the root of an application', async () => {
  const config = configOf(
    ingressOf('s', 'a.test', [{}], { annotations: { 'force-ssl-redirect': 'true' } }),
    ingressOf('p', 'b.test', [{}], { annotations: { 'permanent-redirect': 'https://example.com/new?a=1' } }),
    ingressOf('t', 'c.test', [{}], { annotations: { 'temporal-redirect': 'https://example.com/' } }),
    ingressOf('r', 'd.test', [{}], { annotations: { 'app-root': '/app' } }),
  )
  expect(await complaint(config)).toBe('')
  expect(locationsOf(config, 'a.test').get('/')).toContain(
    'if ($scheme = http) { return 308 https://$host$request_uri; }',
  )
  expect(locationsOf(config, 'b.test').get('/')).toBe('      return 301 "https://example.com/new?a=1";\n')
  expect(locationsOf(config, 'c.test').get('/')).toBe('      return 302 https://example.com/;\n')
  expect(config).toContain('if ($uri = /) { return 302 $scheme://$best_http_host/app; }')
})

test('sizes, times, protocols and hosts', async () => {
  const annotations = {
    'proxy-body-size': '8m',
    'proxy-read-timeout': '600',
    'proxy-connect-timeout': '7s',
    'upstream-vhost': 'internal.example',
  }
  const config = configOf(
    ingressOf('a', 'a.test', [{}], { annotations }),
    ingressOf('s', 'b.test', [{}], { annotations: { 'backend-protocol': 'HTTPS' } }),
    ingressOf('g', 'c.test', [{}], { annotations: { 'backend-protocol': 'GRPC' } }),
    ingressOf('e', 'd.test', [{ service: 'external' }]),
  )
  expect(await complaint(config)).toBe('')
  const body = locationsOf(config, 'a.test').get('/')!
  for (const line of [
    'client_max_body_size 8m;',
    'proxy_read_timeout 600s;',
    'proxy_connect_timeout 7s;',
    'proxy_set_header Host internal.example;',
    'proxy_set_header Upgrade $http_upgrade;',
  ])
    expect(body).toContain(line)
  expect(locationsOf(config, 'b.test').get('/')).toContain('proxy_pass https://dev.web.80;')
  expect(locationsOf(config, 'c.test').get('/')).toContain('grpc_pass grpc://dev.web.80;')
  expect(locationsOf(config, 'd.test').get('/')).toContain('set $backend example.com:80;\n')
})

test('who may come in, and how', async () => {
  await writeFile(path.join(dir, 'users'), 'me:{PLAIN}secret\n')
  const auth = (secret: string) => ({
    annotations: { 'auth-type': 'basic', 'auth-secret': secret, 'auth-realm': 'Staff only' },
  })
  const config = configOf(
    ingressOf('w', 'a.test', [{}], { annotations: { 'whitelist-source-range': '10.0.0.0/8, 192.168.1.7' } }),
    ingressOf('u', 'b.test', [{}], auth('users')),
    ingressOf('n', 'c.test', [{}], auth('nobody')),
  )
  expect(await complaint(config)).toBe('')
  expect(locationsOf(config, 'a.test').get('/')).toContain(
    'allow 10.0.0.0/8;\n      allow 192.168.1.7;\n      deny all;',
  )
  expect(locationsOf(config, 'b.test').get('/')).toContain('auth_basic "Staff only";')
  expect(locationsOf(config, 'c.test').get('/')).toContain('return 503;')
})

test('CORS, for every origin and for some', async () => {
  const cors = (origins: string) => ({ annotations: { 'enable-cors': 'true', 'cors-allow-origin': origins } })
  const config = configOf(
    ingressOf('a', 'a.test', [{}], cors('*')),
    ingressOf('b', 'b.test', [{}], cors('https://x.example, https://y.example:8443')),
  )
  expect(await complaint(config)).toBe('')
  expect(config).toContain("default ''; https://x.example $http_origin; https://y.example:8443 $http_origin;")
  expect(locationsOf(config, 'a.test').get('/')).toContain('if ($request_method = OPTIONS) {')
})

test('nothing answers: 503', () => {
  expect(locationsOf(configOf(ingressOf('i', 'a.test', [{ service: 'nobody' }])), 'a.test').get('/')).toBe(
    '      return 503;\n',
  )
})

const INJECTIONS = [
  '/x { return 200 INJECTED; }',
  '/x" { return 200 INJECTED; } location "/y',
  '/x\n} location /INJECTED {',
  '/x\\" { return 200 INJECTED; } #',
  '/x\\\\" { return 200 INJECTED; } #',
  "/x' ; INJECTED",
  '/$INJECTED',
  '/x;INJECTED on;',
]

test.each(INJECTIONS)('the path %j is a path and nothing else', async hostile => {
  for (const pathType of ['Exact', 'Prefix']) {
    const config = configOf(ingressOf('i', 'a.test', [{ path: hostile, pathType }]))
    expect(await complaint(config)).toBe('')
    // Whatever is in it stands between quotes: taken out as nginx reads words, nothing of it is left.
    expect(config.replace(/"(?:\\.|[^"\\])*"/gs, '""')).not.toContain('INJECTED')
  }
})

test.each(INJECTIONS)('the regular expression %j is one or is refused, and nothing else', hostile => {
  const annotations = { 'use-regex': 'true' }
  const config = configOf(
    ingressOf('i', 'a.test', [{ path: hostile, pathType: 'ImplementationSpecific' }], { annotations }),
  )
  expect(config.replace(/"(?:\\.|[^"\\])*"/gs, '""')).not.toContain('INJECTED')
})

test.each([
  'rewrite-target',
  'proxy-body-size',
  'proxy-read-timeout',
  'backend-protocol',
  'app-root',
  'permanent-redirect',
  'temporal-redirect',
  'whitelist-source-range',
  'denylist-source-range',
  'upstream-vhost',
  'cors-allow-origin',
  'cors-allow-methods',
  'cors-allow-headers',
  'cors-max-age',
  'auth-realm',
  'auth-secret',
])('the annotation %s cannot carry directives', async key => {
  for (const value of [
    '8m; INJECTED',
    '/$INJECTED',
    '/"; INJECTED "',
    'https://a;INJECTED',
    '10.0.0.0/8;INJECTED',
    'a\nINJECTED',
  ]) {
    const annotations = { 'enable-cors': 'true', 'auth-type': 'basic', 'auth-secret': 'users', [key]: value }
    const config = configOf(ingressOf('i', 'a.test', [{}], { annotations }))
    expect(config).not.toContain('INJECTED')
  }
})
