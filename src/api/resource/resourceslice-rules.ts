import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import type { Device } from './device.ts'
import { validateCounterSet } from './device-rules.ts'
import { validateSet } from './lists.ts'
import { validateDriverName, validatePoolName } from './names.ts'
import type { ResourceSliceSpec } from './resourceslice.ts'

/** The rules of slices, after upstream's pkg/apis/resource/validation. */

const MAX_DEVICES = 128
const MAX_DEVICES_WITH_MORE = 64
const MAX_COUNTER_SETS = 8
const LISTS = ['bools', 'ints', 'strings', 'versions'] as const

/** Devices with taints, counters or lists take more room, so that a slice holds fewer. */
const hasMore = ({ taints, consumesCounters, attributes = {} }: Device) =>
  Boolean(taints?.length || consumesCounters?.length) ||
  Object.values(attributes).some(attribute => LISTS.some(field => attribute[field] !== undefined))

interface Nodes {
  readonly nodeName?: string
  readonly nodeSelector?: object
  readonly allNodes?: boolean
  readonly perDeviceNodeSelection?: boolean
}

/** Which of the ways to say for which nodes are taken. */
function chosen(nodes: Nodes, emptyName: string, at: At): string[] {
  const { nodeName, nodeSelector } = nodes
  if (nodeName === '') at.child('nodeName').invalid(nodeName, emptyName)
  else if (nodeName !== undefined) at.child('nodeName').invalidEach(nodeName, isDNS1123Subdomain(nodeName))
  for (const field of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (nodes[field] === false) at.child(field).invalid(false, 'must be either unset or set to true')
  }
  return [
    nodeName ? '`nodeName`' : '',
    nodeSelector ? '`nodeSelector`' : '',
    nodes.allNodes ? '`allNodes`' : '',
    nodes.perDeviceNodeSelection ? '`perDeviceNodeSelection`' : '',
  ].filter(Boolean)
}

function validateDeviceNodes(device: Device, perDevice: boolean, at: At): void {
  if (!perDevice) {
    if (device.nodeName !== undefined || device.nodeSelector || device.allNodes !== undefined) {
      at.invalid(
        null,
        '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
      )
    }
    return
  }
  const { nodeName, nodeSelector, allNodes } = device
  const set = chosen({ nodeName, nodeSelector, allNodes }, 'must not be empty', at)
  const one =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  if (set.length === 0) at.required(one)
  else if (set.length > 1) at.invalid(`{${set.join(', ')}}`, one)
}

export function validateResourceSlice(spec: ResourceSliceSpec, at: At): void {
  const { driver, pool, devices, sharedCounters, nodeSelector, perDeviceNodeSelection = false } = spec
  validateDriverName(driver, at.child('driver'))
  validatePoolName(pool.name, at.child('pool', 'name'))
  if (pool.resourceSliceCount <= 0) {
    at.child('pool', 'resourceSliceCount').invalid(pool.resourceSliceCount, 'must be greater than zero')
  }
  if (pool.generation < 0) {
    at.child('pool', 'generation').invalid(pool.generation, 'must be greater than or equal to zero')
  }
  if (nodeSelector && nodeSelector.nodeSelectorTerms.length !== 1) {
    const place = at.child('nodeSelector', 'nodeSelectorTerms')
    place.invalid(nodeSelector.nodeSelectorTerms, 'must have exactly one node selector term')
  }
  const set = chosen(spec, 'must be either unset or set to a non-empty string', at)
  const one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  if (set.length === 0) at.required(one)
  else if (set.length > 1) at.invalid(`{${set.join(', ')}}`, `${one}, but multiple fields are set`)
  if (sharedCounters && devices) at.invalid('', 'only one of `sharedCounters` or `devices` is allowed')
  const max = devices?.some(hasMore) ? MAX_DEVICES_WITH_MORE : MAX_DEVICES
  validateSet(
    devices,
    max,
    at.child('devices'),
    ({ name }) => name,
    (device, place) => {
      validateDeviceNodes(device, perDeviceNodeSelection, place)
    },
  )
  validateSet(sharedCounters, MAX_COUNTER_SETS, at.child('sharedCounters'), ({ name }) => name, validateCounterSet)
}
