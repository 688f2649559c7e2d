import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { configMap } from '../api/core/configmap.ts'
import { namespace } from '../api/core/namespace.ts'
import { pod } from '../api/core/pod.ts'
import { secret } from '../api/core/secret.ts'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { legacyServiceAccountTokenCleaner } from './legacy-serviceaccount-token-cleaner.ts'
import { legacyTokenTracking, TRACKING } from './legacy-token-tracking.ts'
import { DAY_MS, dayOf } from './shared/days.ts'

const test = worldTest({ controllers: [legacyServiceAccountTokenCleaner, legacyTokenTracking] })
const LAST_USED = 'kubernetes.io/legacy-token-last-used'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'

const token = (name: string, labels: Record<string, string> = {}) => ({
  metadata: { name, labels, annotations: { 'kubernetes.io/service-account.name': 'robot' } },
  type: 'kubernetes.io/service-account-token',
})

/** An account with a token that nobody asked for, and the day from which uses are noted. */
async function prepare(world: World): Promise<void> {
  await world.apply(namespace, { metadata: { name: TRACKING.namespace } })
  await world.advance(60_000)
  await world.apply(serviceAccount, { metadata: { name: 'robot' }, secrets: [{ name: 'old' }] })
}
const labelsOf = async (world: World, name: string) => (await world.find(secret, name))?.metadata.labels ?? {}

test('says since when uses are noted, and says it again', async ({ world }) => {
  await prepare(world)
  const today = dayOf(world.clock.now())
  const since = async () => (await world.get(configMap, TRACKING.name, TRACKING.namespace)).data?.since
  expect(await since()).toBe(today)
  await world.client.patch(configMap, TRACKING, 'merge', { data: { since: 'long ago' } })
  await world.settle()
  expect(await since()).toBe(today)
})

test('marks a token that was not used for a year, and removes it after another', async ({ world }) => {
  await prepare(world)
  await world.apply(secret, token('old'))
  await world.advance(365 * DAY_MS)
  expect(await labelsOf(world, 'old')).not.toHaveProperty([INVALID_SINCE])
  await world.advance(2 * DAY_MS)
  expect(await labelsOf(world, 'old')).toHaveProperty([INVALID_SINCE])
  await world.advance(364 * DAY_MS)
  expect(await world.find(secret, 'old')).toBeDefined()
  await world.advance(3 * DAY_MS)
  expect(await world.find(secret, 'old')).toBeUndefined()
})

test('leaves alone what was used, was asked for, or is mounted', async ({ world }) => {
  await prepare(world)
  await world.client.patch(serviceAccount, { namespace: 'default', name: 'robot' }, 'merge', {
    secrets: [{ name: 'used' }, { name: 'mounted' }],
  })
  await world.apply(secret, token('used', { [LAST_USED]: dayOf(world.clock.now() + 300 * DAY_MS) }))
  await world.apply(secret, token('asked-for'))
  await world.apply(secret, token('mounted'))
  await world.apply(pod, {
    metadata: { name: 'p' },
    spec: {
      containers: [{ name: 'main', image: 'a' }],
      volumes: [{ name: 'v', secret: { secretName: 'mounted' } }],
    },
  })
  await world.advance(400 * DAY_MS)
  for (const name of ['used', 'asked-for', 'mounted']) {
    expect(await labelsOf(world, name)).not.toHaveProperty([INVALID_SINCE])
  }
})
