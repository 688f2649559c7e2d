import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seconds, World } from '../../../../test/support/world.ts'
import { node } from '../../../api/core/node.ts'
import { pod } from '../../../api/core/pod.ts'
import { resourceClaim, resourceClaimTemplate } from '../../../api/resource/index.ts'
import { isReason, modified, serviceUnavailable } from '../../../apimachinery/errors.ts'
import { seededRandom } from '../../../apimachinery/random.ts'
import { resourceClaimController } from '../../../controllers/resourceclaim.ts'
import { nodeOf } from '../../testing.ts'
import { addClaim, addClass, addSlice, devices, request, using } from './testing.ts'

const NODES = ['a', 'b']
const index = fc.nat({ max: 3 })
/** What users do; `wait` lets everything come to rest first, else things happen at the same time. */
const step = fc.record({
  wait: fc.boolean(),
  index,
  what: fc.constantFrom(
    'add pods at once',
    'add pod',
    'add pod of template',
    'remove pod',
    'end pod',
    'add claim',
    'remove claim',
  ),
  count: fc.integer({ min: 1, max: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const namespace = 'default'

async function take({ client }: World, { what, index, count }: Step): Promise<void> {
  const [name, claim] = [`pod${index}`, `claim${(index + count) % 4}`]
  const create = (claims: object[], name = `pod${index}`) => {
    const { metadata, spec } = using(name)
    return client.create(pod, {
      metadata: { ...metadata, namespace },
      spec: { ...spec, resourceClaims: claims },
    } as never)
  }
  if (what === 'add pods at once') {
    const all = [0, 1, 2, 3].map(i => create([{ name: 'own', resourceClaimName: `claim${i}` }], `pod${i}`))
    await Promise.allSettled(all)
  } else if (what === 'add pod') await create([{ name: 'own', resourceClaimName: claim }])
  else if (what === 'add pod of template') await create([{ name: 'made', resourceClaimTemplateName: `of-${count}` }])
  else if (what === 'remove pod') await client.delete(pod, { namespace, name }, { gracePeriodSeconds: 0 })
  else if (what === 'end pod') {
    await client.patch(pod, { namespace, name }, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
  } else if (what === 'remove claim') await client.delete(resourceClaim, { namespace, name: claim })
  else {
    const spec = { devices: { requests: [request({ count })] } }
    await client.create(resourceClaim, { metadata: { namespace, name: claim }, spec } as never)
  }
}

async function checkDevices(world: World): Promise<void> {
  const owned = (await world.list(resourceClaim)).flatMap(({ metadata, status }) =>
    (status.allocation?.devices.results ?? []).map(({ pool, device }) => ({
      id: `${pool}/${device}`,
      by: metadata.name,
    })),
  )
  const ids = owned.map(({ id }) => id)
  expect(new Set(ids).size, JSON.stringify(owned)).toBe(ids.length)
}

/** Pods with a node have their claims, on that node; what nobody uses is free. */
async function checkRest(world: World): Promise<void> {
  const claims = await world.list(resourceClaim)
  const pods = await world.pods()
  for (const { metadata, spec, status } of pods) {
    if (!spec.nodeName || status.phase === 'Succeeded') continue
    const used = claims.filter(claim => claim.status.reservedFor?.some(({ uid }) => uid === metadata.uid))
    expect(used, `claims of ${metadata.name}`).toHaveLength(1)
    expect(used[0]!.status.allocation?.devices.results?.map(({ pool }) => pool)).toContain(spec.nodeName)
  }
  for (const { metadata, status } of claims) {
    for (const { uid } of status.reservedFor ?? []) {
      expect(
        pods.filter(p => p.status.phase !== 'Succeeded').map(p => p.metadata.uid),
        `users of ${metadata.name}`,
      ).toContain(uid)
    }
  }
}

test('no device is given out twice, whatever happens at the same time and fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, seed) => {
      const world = await World.start({ scheduler: true, controllers: [resourceClaimController], seed })
      const random = seededRandom(seed)
      try {
        await addClass(world)
        for (const name of NODES) {
          const { status, ...object } = nodeOf(name)
          await world.client.create(node, object)
          await world.client.patch(node, { name }, 'merge', { status }, { subresource: 'status' })
          await addSlice(world, name, devices('gpu-0', 'gpu-1', 'gpu-2'))
        }
        for (const count of [1, 2, 3]) {
          const spec = { spec: { devices: { requests: [request({ count })] } } }
          await world.apply(resourceClaimTemplate, { metadata: { name: `of-${count}` }, spec } as never)
        }
        for (const i of [0, 1, 2, 3]) await addClaim(world, `claim${i}`)
        world.fault = ({ verb, kind }) => {
          if (verb === 'list' || random.next() > 0.2) return
          throw random.next() < 0.5 ? serviceUnavailable('a test says so') : modified(kind, 'x')
        }
        for (const one of steps) {
          if (one.wait) await world.settle()
          await take(world, one).catch(error => {
            if (!isReason(error, 'AlreadyExists', 'NotFound')) throw error
          })
          await checkDevices(world)
        }
        await world.advance(seconds(5))
        await checkDevices(world)
        world.fault = undefined
        await world.advance(seconds(700))
        await checkDevices(world)
        await checkRest(world)
      } finally {
        world.stop()
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
