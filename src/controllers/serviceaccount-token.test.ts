import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'vitest'
import { worldTest } from '../../test/support/world.ts'
import { secret } from '../api/core/secret.ts'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { unverifiedClaims } from '../apimachinery/jwt.ts'
import { serviceAccountTokenController } from './serviceaccount-token.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const serviceAccountKey = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const test = worldTest({ controllers: [serviceAccountTokenController({ serviceAccountKey, ca: 'CERTIFICATE' })] })

const asking = (name: string, account: string) => ({
  metadata: { name, annotations: { 'kubernetes.io/service-account.name': account } },
  type: 'kubernetes.io/service-account-token',
})

test('a secret that asks for a token gets one, and goes with its account', async ({ world }) => {
  await world.apply(serviceAccount, { metadata: { name: 'robot' } })
  await world.apply(secret, asking('robot-token', 'robot'))
  const { metadata, data = {} } = await world.get(secret, 'robot-token')
  const account = await world.get(serviceAccount, 'robot')
  const text = (field: string) => Buffer.from(data[field]!, 'base64').toString()
  expect(text('ca.crt')).toBe('CERTIFICATE')
  expect(text('namespace')).toBe('default')
  expect(metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(account.metadata.uid)
  expect(unverifiedClaims(text('token'))).toEqual({
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'default',
    'kubernetes.io/serviceaccount/secret.name': 'robot-token',
    'kubernetes.io/serviceaccount/service-account.name': 'robot',
    'kubernetes.io/serviceaccount/service-account.uid': account.metadata.uid,
    sub: 'system:serviceaccount:default:robot',
  })
  await world.client.delete(serviceAccount, { namespace: 'default', name: 'robot' })
  await world.settle()
  expect(await world.find(secret, 'robot-token')).toBeUndefined()
})

test('a secret for an account that does not exist is removed, others are left alone', async ({ world }) => {
  await world.apply(secret, asking('lost', 'nobody'))
  await world.apply(secret, { metadata: { name: 'plain' }, stringData: { a: 'b' } })
  await world.settle()
  expect(await world.find(secret, 'lost')).toBeUndefined()
  expect(await world.find(secret, 'plain')).toBeDefined()
})
