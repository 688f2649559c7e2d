import type { DeviceRequestAllocationResult } from '../../api/resource/allocation.ts'
import type { DeviceTaint } from '../../api/resource/device.ts'
import type { DeviceTaintRule } from '../../api/resource/devicetaintrule.ts'
import { toleratesDevice } from '../../api/resource/pod-claims.ts'
import type { DeviceToleration } from '../../api/resource/requests.ts'
import type { ResourceSlice } from '../../api/resource/resourceslice.ts'

export type Result = DeviceRequestAllocationResult

/** Whether a rule is about a device. */
export function selects({ spec }: DeviceTaintRule, { driver, pool, device }: Result): boolean {
  const { deviceSelector: selector } = spec
  if (!selector) return false
  const fits = (wanted: string | undefined, is: string) => wanted === undefined || wanted === is
  return fits(selector.driver, driver) && fits(selector.pool, pool) && fits(selector.device, device)
}

/** The NoExecute taints of a device, from its pool's slices and from rules. */
export function taintsOf(
  result: Result,
  slices: readonly ResourceSlice[],
  rules: readonly DeviceTaintRule[],
): DeviceTaint[] {
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation))
  const devices = slices.flatMap(({ spec }) => (spec.pool.generation === newest ? (spec.devices ?? []) : []))
  const own = devices.find(({ name }) => name === result.device)?.taints ?? []
  const given = rules.filter(rule => selects(rule, result)).map(({ spec }) => spec.taint)
  return [...own, ...given].filter(({ effect }) => effect === 'NoExecute')
}

/**
 * When a device's taints become too much (ms since the epoch): with tolerations for a time, the shortest of them after the taint
 * was added. Undefined: never. `since`: when a taint was first seen, for those that do not say.
 */
export function evictionTime(
  taints: readonly DeviceTaint[],
  tolerations: readonly DeviceToleration[],
  since: (taint: DeviceTaint) => number,
): number | undefined {
  const times = taints.flatMap(taint => {
    const added = taint.timeAdded ? Date.parse(taint.timeAdded) : since(taint)
    const used = tolerations.filter(one => one.effect === 'NoExecute' && toleratesDevice(one, taint))
    if (used.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return []
    const seconds = used.map(({ tolerationSeconds }) => Math.max(0, Number(tolerationSeconds)))
    return [used.length === 0 ? added : added + Math.min(...seconds) * 1000]
  })
  return times.length === 0 ? undefined : Math.min(...times)
}
