import type { World } from '../../../../test/support/world.ts'
import type { Device } from '../../../api/resource/device.ts'
import { deviceClass, resourceClaim, resourceSlice } from '../../../api/resource/index.ts'

/** Objects that tests of claims begin with. */

export const DRIVER = 'gpu.example.com'

/** Devices by these names, or as they are told. */
export const devices = (...list: (string | (Partial<Device> & { name: string }))[]) =>
  list.map(one => (typeof one === 'string' ? { name: one } : one))

export const addClass = (world: World, expression?: string, more: object = {}, name = 'gpu') =>
  world.apply(deviceClass, {
    metadata: { name },
    spec: { ...(expression && { selectors: [{ cel: { expression } }] }), ...more },
  })

/** Devices of a node, in a pool by its name. */
export const addSlice = (world: World, nodeName: string, list: ReturnType<typeof devices>, more: object = {}) =>
  world.apply(resourceSlice, {
    metadata: { name: `slice-${nodeName}` },
    spec: {
      driver: DRIVER,
      nodeName,
      pool: { name: nodeName, generation: 1, resourceSliceCount: 1 },
      devices: list,
      ...more,
    },
  })

export const request = (more: object = {}, name = 'gpu') => ({ name, exactly: { deviceClassName: 'gpu', ...more } })

export const addClaim = (world: World, name: string, requests: object[] = [request()], more: object = {}) =>
  world.apply(resourceClaim, { metadata: { name }, spec: { devices: { requests, ...more } } } as never)

/** A pod that uses claims. */
export const using = (name: string, ...claims: string[]) => ({
  metadata: { name },
  spec: {
    containers: [{ name: 'main', image: 'main:1' }],
    resourceClaims: claims.map((resourceClaimName, i) => ({ name: `c${i}`, resourceClaimName })),
  },
})

/** The devices that a claim has, as `pool/device`. */
export async function devicesOf(world: World, name: string): Promise<string[]> {
  const { status } = await world.get(resourceClaim, name)
  return (status.allocation?.devices.results ?? []).map(({ pool, device }) => `${pool}/${device}`)
}
