import type { NodeSelector, NodeSelectorRequirement } from '../../../api/core/pod/affinity.ts'
import type { AllocationResult, DeviceAllocationConfiguration } from '../../../api/resource/allocation.ts'
import { deepEqual } from '../../../apimachinery/json.ts'
import type { Random } from '../../../apimachinery/random.ts'
import type { Choice } from './allocator.ts'
import type { PoolDevice } from './pools.ts'
import type { WantedClaim } from './request.ts'

/** What a claim gets, as its status has it. */
export function allocationOf(
  { claim, requests }: WantedClaim,
  choices: readonly Choice[],
  nodeName: string,
  random: Random,
): AllocationResult {
  const results = choices.map(({ request, device: { device, slice }, share }) => ({
    request: request.name,
    driver: slice.spec.driver,
    pool: slice.spec.pool.name,
    device: device.name,
    ...(request.adminAccess && { adminAccess: true }),
    ...(request.tolerations.length > 0 && { tolerations: [...request.tolerations] }),
    ...(device.bindingConditions && { bindingConditions: [...device.bindingConditions] }),
    ...(device.bindingFailureConditions && { bindingFailureConditions: [...device.bindingFailureConditions] }),
    ...(share && { shareID: random.uuid(), consumedCapacity: { ...share } }),
  }))
  // Of each request, the way in which it was met.
  const met = requests.flatMap(ways => ways.filter(way => choices.some(({ request }) => request === way)))
  const byClass = new Map(met.map(({ deviceClass }) => [deviceClass, [] as string[]]))
  for (const { deviceClass, name } of met) byClass.get(deviceClass)!.push(name)
  const config: DeviceAllocationConfiguration[] = []
  for (const [{ spec }, names] of byClass) {
    for (const one of spec.config ?? []) config.push({ source: 'FromClass', requests: names, ...one })
  }
  for (const one of claim.spec.devices.config ?? []) {
    const concerned = !one.requests?.length || met.some(({ name }) => names(one.requests!, name))
    if (concerned) config.push({ source: 'FromClaim', ...one })
  }
  const nodeSelector = nodesOf(
    choices.map(({ device }) => device),
    nodeName,
  )
  return {
    devices: { results, ...(config.length > 0 && { config }) },
    ...(nodeSelector && { nodeSelector }),
  }
}

/** Whether one of these is a request, by its own name or that of the one above it. */
const names = (requests: readonly string[], name: string) =>
  requests.includes(name) || requests.includes(name.split('/')[0]!)

const only = (name: string): NodeSelector => ({
  nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
})

/** The nodes that can use all of these devices; undefined when all nodes can. */
function nodesOf(devices: readonly PoolDevice[], nodeName: string): NodeSelector | undefined {
  const [matchFields, matchExpressions]: [NodeSelectorRequirement[], NodeSelectorRequirement[]] = [[], []]
  const add = (to: NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[] = []) => {
    for (const one of more) if (!to.some(other => deepEqual(other, one))) to.push(one)
  }
  for (const { device, slice } of devices) {
    if (device.bindsToNode) return only(nodeName)
    const { nodeName: name, nodeSelector } = slice.spec.perDeviceNodeSelection ? device : slice.spec
    if (name) return only(name)
    const [term] = nodeSelector?.nodeSelectorTerms ?? []
    add(matchFields, term?.matchFields)
    add(matchExpressions, term?.matchExpressions)
  }
  if (matchFields.length + matchExpressions.length === 0) return undefined
  return {
    nodeSelectorTerms: [
      { ...(matchExpressions.length > 0 && { matchExpressions }), ...(matchFields.length > 0 && { matchFields }) },
    ],
  }
}
