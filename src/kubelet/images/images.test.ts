import { expect, test } from 'vitest'
import type { Secret } from '../../api/core/secret.ts'
import { credentialsFor, credentialsIn } from './pull-secrets.ts'
import { parseImage } from './reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

test.each([
  ['nginx', 'docker.io', 'library/nginx', 'nginx:latest'],
  ['nginx:1.27', 'docker.io', 'library/nginx', 'nginx:1.27'],
  ['team/app', 'docker.io', 'team/app', 'team/app:latest'],
  ['localhost/app', 'localhost', 'app', 'localhost/app:latest'],
  ['registry.example.com:5000/a/b:c', 'registry.example.com:5000', 'a/b', 'registry.example.com:5000/a/b:c'],
  [`nginx@${DIGEST}`, 'docker.io', 'library/nginx', `nginx@${DIGEST}`],
])('%s', (name, domain, path, tagged) => {
  expect(parseImage(name)).toEqual({ domain, path, tagged })
})

test.each([
  ['UPPER', 'invalid reference format: repository name (library/UPPER) must be lowercase'],
  ['a b', 'invalid reference format'],
  ['nginx:', 'invalid reference format'],
  ['nginx@sha256:1', 'invalid reference format'],
])('%s is refused', (name, why) => {
  expect(() => parseImage(name)).toThrow(`couldn't parse image name "${name}": ${why}`)
})

test('credentials are read from both of docker’s formats', () => {
  const auth = Buffer.from('me:pass:word').toString('base64')
  const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
  const config = { auths: { 'https://index.docker.io/v1/': { auth } } }
  expect(
    credentialsIn({
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': json(config) },
    } as unknown as Secret),
  ).toEqual([{ registry: 'docker.io', username: 'me', password: 'pass:word', identityToken: '' }])
  const old = { 'reg.example.com': { username: 'u', password: 'p' } }
  expect(
    credentialsIn({ type: 'kubernetes.io/dockercfg', data: { '.dockercfg': json(old) } } as unknown as Secret),
  ).toMatchObject([{ registry: 'reg.example.com', username: 'u', password: 'p' }])
  expect(credentialsIn({ type: 'Opaque', data: {} } as unknown as Secret)).toEqual([])
})

test('the most specific credentials come first', () => {
  const all = ['example.com', 'reg.example.com', 'reg.example.com/team', '*.example.com', 'reg.example.com/te'].map(
    registry => ({ registry }),
  )
  const image = parseImage('reg.example.com/team/app:1')
  expect(credentialsFor(image, all).map(({ registry }) => registry)).toEqual([
    'reg.example.com/team',
    'reg.example.com',
    '*.example.com',
  ])
})
