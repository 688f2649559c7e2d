import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { configMap } from '../api/core/configmap.ts'
import { namespace } from '../api/core/namespace.ts'
import { pod } from '../api/core/pod.ts'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { StatusError } from '../apimachinery/errors.ts'
import { namespaceController } from './namespace.ts'
import { rootCaCertPublisher } from './root-ca-cert-publisher.ts'
import { serviceAccountController } from './serviceaccount.ts'
import { namespacedKinds } from './shared/stored-kinds.ts'

const controllers = [namespaceController(namespacedKinds), serviceAccountController, rootCaCertPublisher('PEM')]
const test = worldTest({ controllers })

const inTeam = (name: string, extra: object = {}) => ({ metadata: { name, namespace: 'team', ...extra } })

async function conditions(world: World): Promise<Record<string, string>> {
  const { status } = await world.get(namespace, 'team')
  return Object.fromEntries((status.conditions ?? []).map(c => [c.type, `${c.status}: ${c.message}`]))
}

test('a namespace gets its service account and the authority, and gets them back', async ({ world }) => {
  await world.apply(namespace, { metadata: { name: 'team' } })
  expect(await world.find(serviceAccount, 'default', 'team')).toBeDefined()
  expect((await world.get(configMap, 'kube-root-ca.crt', 'team')).data).toEqual({ 'ca.crt': 'PEM' })
  await world.client.delete(serviceAccount, { namespace: 'team', name: 'default' })
  await world.client.patch(configMap, { namespace: 'team', name: 'kube-root-ca.crt' }, 'merge', {
    data: { 'ca.crt': 'x' },
  })
  await world.settle()
  expect(await world.find(serviceAccount, 'default', 'team')).toBeDefined()
  expect((await world.get(configMap, 'kube-root-ca.crt', 'team')).data).toEqual({ 'ca.crt': 'PEM' })
})

test('deletes all that is in it, without waiting', async ({ world }) => {
  await world.apply(namespace, { metadata: { name: 'team' } })
  await world.apply(configMap, inTeam('a'))
  await world.apply(configMap, { metadata: { name: 'elsewhere' } })
  await world.client.delete(namespace, { name: 'team' })
  await world.settle()
  expect(await world.find(namespace, 'team')).toBeUndefined()
  expect((await world.list(configMap)).map(c => c.metadata.name)).toContain('elsewhere')
  expect(await world.find(configMap, 'a', 'team')).toBeUndefined()
  expect(world.errors).toEqual([])
})

test('pods go first, and the rest waits for them', async ({ world }) => {
  await world.apply(namespace, { metadata: { name: 'team' } })
  await world.apply(configMap, inTeam('a'))
  await world.apply(pod, { ...inTeam('p'), spec: { nodeName: 'n', containers: [{ name: 'a', image: 'a' }] } })
  await world.client.delete(namespace, { name: 'team' })
  await world.settle()
  expect(await world.find(configMap, 'a', 'team')).toBeDefined()
  expect(await conditions(world)).toMatchObject({
    NamespaceContentRemaining: 'True: Some resources are remaining: pods. has 1 resource instances',
    NamespaceDeletionContentFailure: 'False: All content successfully deleted, may be waiting on finalization',
  })
  await world.client.delete(pod, { namespace: 'team', name: 'p' }, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await world.find(namespace, 'team')).toBeUndefined()
})

test('tells which finalizers hold it up', async ({ world }) => {
  await world.apply(namespace, { metadata: { name: 'team' } })
  await world.apply(configMap, inTeam('a', { finalizers: ['example.com/hold'] }))
  await world.client.delete(namespace, { name: 'team' })
  await world.settle()
  expect(await conditions(world)).toMatchObject({
    NamespaceFinalizersRemaining:
      'True: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  })
  await world.client.patch(configMap, { namespace: 'team', name: 'a' }, 'merge', { metadata: { finalizers: null } })
  await world.settle()
  expect(await world.find(namespace, 'team')).toBeUndefined()
})

test('a failing deletion shows, and is tried again', async ({ world }) => {
  await world.apply(namespace, { metadata: { name: 'team' } })
  world.fault = ({ verb, kind }) => {
    if (verb === 'deletecollection' && kind.kind === 'ConfigMap') throw new StatusError(500, 'InternalError', 'no')
  }
  await world.client.delete(namespace, { name: 'team' })
  await world.settle()
  expect((await conditions(world)).NamespaceDeletionContentFailure).toBe(
    'True: Failed to delete all resource types, 1 remaining: no',
  )
  world.fault = undefined
  await world.advance(seconds(60))
  expect(await world.find(namespace, 'team')).toBeUndefined()
})
