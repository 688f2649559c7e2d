import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seconds, World } from '../../../test/support/world.ts'
import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { findMatchingVolume } from '../../api/core/volume-binding.ts'
import { isReason, modified, serviceUnavailable } from '../../apimachinery/errors.ts'
import { seededRandom } from '../../apimachinery/random.ts'
import { persistentVolumeBinder } from '../persistentvolume-binder.ts'
import { claimOf, volumeOf } from '../testing.ts'

const index = fc.nat({ max: 3 })
const size = fc.constantFrom('1Gi', '2Gi', '3Gi')
/** What users do; `wait` lets the controller come to rest first, else things happen at the same time. */
const step = fc.record({
  wait: fc.boolean(),
  what: fc.oneof(
    fc.record({ do: fc.constant('add volume' as const), index, size, reservedFor: fc.option(index) }),
    fc.record({ do: fc.constant('add claim' as const), index, size, volume: fc.option(index) }),
    fc.record({ do: fc.constantFrom('remove volume', 'remove claim', 'free volume'), index }),
  ),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function take(world: World, { what }: Step): Promise<void> {
  const { client } = world
  const namespace = 'default'
  const [volumeName, claimName] = [`disk${what.index}`, `data${what.index}`]
  if (what.do === 'add volume') {
    const { size, reservedFor } = what as Extract<Step['what'], { size: string; reservedFor: unknown }>
    const claimRef = reservedFor === null ? undefined : { namespace, name: `data${reservedFor}` }
    await client.create(persistentVolume, volumeOf(volumeName, size, { claimRef }))
  } else if (what.do === 'add claim') {
    const { size: request, volume } = what as Extract<Step['what'], { size: string; volume: unknown }>
    const spec = volume === null ? {} : { volumeName: `disk${volume}` }
    const claim = claimOf({ name: claimName, request, spec })
    await client.create(persistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, namespace } })
  } else if (what.do === 'remove volume') await client.delete(persistentVolume, { name: volumeName })
  else if (what.do === 'remove claim') await client.delete(persistentVolumeClaim, { namespace, name: claimName })
  else await client.patch(persistentVolume, { name: volumeName }, 'merge', { spec: { claimRef: null } })
}

async function checkBindings(world: World): Promise<void> {
  const claims = (await world.list(persistentVolumeClaim)).filter(({ status }) => status.phase === 'Bound')
  const names = claims.map(({ spec }) => spec.volumeName)
  expect(new Set(names).size, `claims bound to ${names}`).toBe(names.length)
}

async function checkRest(world: World): Promise<void> {
  const volumes = await world.list(persistentVolume)
  for (const claim of await world.list(persistentVolumeClaim)) {
    const { name, uid } = claim.metadata
    const holding = volumes.filter(({ spec, status }) => spec.claimRef?.uid === uid && status.phase === 'Bound')
    if (claim.status.phase === 'Bound') {
      expect(
        holding.map(({ metadata }) => metadata.name),
        `volumes of ${name}`,
      ).toEqual([claim.spec.volumeName])
    } else {
      expect(holding, `volumes of ${name}, which is ${claim.status.phase}`).toEqual([])
    }
    if (claim.status.phase !== 'Pending' || claim.spec.volumeName) continue
    const missed = findMatchingVolume(claim, volumes, { delayBinding: false })
    expect(missed?.metadata.name, `a volume that ${name} could have`).toBeUndefined()
  }
}

test('no volume has two claims and no claim two volumes, whatever happens at the same time and fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, seed) => {
      const world = await World.start({ controllers: [persistentVolumeBinder], seed })
      const random = seededRandom(seed)
      try {
        world.fault = ({ verb, kind }) => {
          if (verb === 'list' || random.next() > 0.2) return
          throw random.next() < 0.5 ? serviceUnavailable('a test says so') : modified(kind, 'x')
        }
        for (const one of steps) {
          if (one.wait) await world.settle()
          await take(world, one).catch(error => {
            if (!isReason(error, 'NotFound', 'AlreadyExists')) throw error
          })
          await checkBindings(world)
        }
        world.fault = undefined
        await world.advance(seconds(120))
        await checkBindings(world)
        await checkRest(world)
      } finally {
        world.stop()
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
