import type { DeviceClass } from '../../../api/resource/deviceclass.ts'
import type { DeviceRequest, DeviceSelector, DeviceToleration } from '../../../api/resource/requests.ts'
import type { ResourceClaim } from '../../../api/resource/resourceclaim.ts'
import type { Amounts } from './capacity.ts'

/** A request of a claim, or one of several below it of which the first counts. */
export interface Request {
  /** `request` or `request/subrequest`, as results have it. */
  readonly name: string
  readonly deviceClass: DeviceClass
  readonly selectors: readonly DeviceSelector[]
  /** How many devices; undefined: all that there are. */
  readonly count: number | undefined
  readonly adminAccess: boolean
  readonly tolerations: readonly DeviceToleration[]
  readonly capacity: Amounts | undefined
}

/** A claim that wants devices: for each of its requests, the ways in which it can be met, best first. */
export interface WantedClaim {
  readonly claim: ResourceClaim
  readonly requests: readonly (readonly Request[])[]
}

interface RequestSpec {
  readonly deviceClassName: string
  readonly selectors?: readonly DeviceSelector[]
  readonly allocationMode?: string
  readonly count?: number | bigint | string
  readonly adminAccess?: boolean
  readonly tolerations?: readonly DeviceToleration[]
  readonly capacity?: { readonly requests?: Amounts }
}

/** What a claim asks for, with its classes; a text when that cannot be had now. */
export function wantedBy(
  claim: ResourceClaim,
  classOf: (name: string) => DeviceClass | undefined,
): WantedClaim | string {
  const requests: Request[][] = []
  for (const request of claim.spec.devices.requests) {
    const ways: Request[] = []
    for (const [name, spec] of waysOf(request)) {
      const deviceClass = classOf(spec.deviceClassName)
      if (!deviceClass) return `request ${name}: device class ${spec.deviceClassName} does not exist`
      ways.push({
        name,
        deviceClass,
        selectors: spec.selectors ?? [],
        count: spec.allocationMode === 'All' ? undefined : Number(spec.count ?? 1),
        adminAccess: spec.adminAccess ?? false,
        tolerations: spec.tolerations ?? [],
        capacity: spec.capacity?.requests,
      })
    }
    requests.push(ways)
  }
  return { claim, requests }
}

function waysOf({ name, exactly, firstAvailable = [] }: DeviceRequest): [name: string, spec: RequestSpec][] {
  if (exactly) return [[name, exactly]]
  return firstAvailable.map(request => [`${name}/${request.name}`, request])
}
