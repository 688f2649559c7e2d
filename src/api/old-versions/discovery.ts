import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { map, types } from '../../apimachinery/schema/types.ts'
import { endpointSlice } from '../discovery/index.ts'
import { oldVersion, renumbered } from './old-version.ts'

/** Zone and node stood among labels in v1beta1 (upstream's pkg/apis/discovery/v1beta1/conversion.go). */

const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'

interface OldEndpoint {
  topology?: Record<string, string>
  nodeName?: string
}
interface Endpoint {
  deprecatedTopology?: Record<string, string>
  nodeName?: string
  zone?: string
}
interface Slice<E> extends KubeObject {
  endpoints: E[]
}

const some = (labels: Record<string, string>) => (Object.keys(labels).length > 0 ? labels : undefined)

function toEndpoint({ topology = {}, ...endpoint }: OldEndpoint): Endpoint {
  const { [ZONE]: zone, ...rest } = topology
  if (rest[HOST] === endpoint.nodeName) delete rest[HOST]
  const deprecatedTopology = some(rest)
  return { ...endpoint, ...(zone !== undefined && { zone }), ...(deprecatedTopology && { deprecatedTopology }) }
}

function fromEndpoint({ deprecatedTopology = {}, zone, ...endpoint }: Endpoint): OldEndpoint {
  const topology = some({
    ...(endpoint.nodeName !== undefined && { [HOST]: endpoint.nodeName }),
    ...deprecatedTopology,
    ...(zone !== undefined && { [ZONE]: zone }),
  })
  return { ...endpoint, ...(topology && { topology }) }
}

/** discovery.k8s.io/v1beta1. */
export const oldDiscovery = [
  oldVersion(endpointSlice, {
    version: 'v1beta1',
    deprecated: '1.21',
    removed: '1.25',
    messages: {
      Endpoint: {
        fields: ({ deprecatedTopology: _, zone: __, hints, ...fields }) => ({
          ...fields,
          topology: map(5, types.string).doc('Labels of where it is: its zone, its node.'),
          hints: renumbered(hints!, 7),
        }),
      },
    },
    toCurrent(object) {
      const slice = object as Slice<OldEndpoint>
      return Object.assign(slice, { endpoints: slice.endpoints.map(toEndpoint) })
    },
    fromCurrent(object) {
      const slice = object as Slice<Endpoint>
      return Object.assign(slice, { endpoints: slice.endpoints.map(fromEndpoint) })
    },
  }),
]
