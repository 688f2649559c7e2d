import type { EndpointSlice } from '../api/discovery/endpointslice.ts'

/** The label by which a slice names its Service. */
export const SERVICE_NAME = 'kubernetes.io/service-name'
/** Name of the index over slices by `serviceOfSlice`. */
export const SERVICE_INDEX = 'service'

/** `namespace/name` of the Service a slice belongs to, if it says so. */
export function serviceOfSlice({ metadata: { namespace, labels } }: EndpointSlice): string[] {
  const name = labels?.[SERVICE_NAME]
  return name ? [`${namespace}/${name}`] : []
}
