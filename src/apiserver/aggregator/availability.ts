import type { APIService, APIServiceCondition } from '../../api/apiregistration/apiservice.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { endpointSlice } from '../../api/discovery/endpointslice.ts'
import type { ApiServer } from '../apiserver.ts'

/** What keeps an APIService from being served, or why it is; as its condition Available says it. */
export type Availability = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>

export const LOCAL: Availability = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
}
export const PASSED: Availability = { status: 'True', reason: 'Passed', message: 'all checks passed' }

/** What can be told without asking the service itself; undefined where it has to be asked (upstream kube-aggregator status/remote). */
export function unavailable({ resources }: ApiServer, { spec }: APIService): Availability | undefined {
  const { namespace = '', name = '', port = 443 } = spec.service!
  const place = `service/${name} in ${JSON.stringify(namespace)}`
  const service = resources.of(serviceKind).cacher.get(`${namespace}/${name}`)?.object
  if (!service) return { status: 'False', reason: 'ServiceNotFound', message: `${place} is not present` }
  if (service.spec.type === 'ExternalName') return undefined
  const wanted = service.spec.ports?.find(p => p.port === port)
  if (!wanted) {
    return { status: 'False', reason: 'ServicePortError', message: `${place} is not listening on port ${port}` }
  }
  const slices = [...resources.of(endpointSlice).cacher.scan(`${namespace}/`)].map(entry => entry.object)
  const ready = slices.some(
    ({ metadata, endpoints, ports = [] }) =>
      metadata.labels?.['kubernetes.io/service-name'] === name &&
      ports.some(p => (p.name ?? '') === (wanted.name ?? '')) &&
      endpoints.some(({ conditions }) => conditions?.ready !== false),
  )
  if (ready) return undefined
  const message = `endpoints for ${place} have no addresses with port name ${JSON.stringify(wanted.name ?? '')}`
  return { status: 'False', reason: 'MissingEndpoints', message }
}

/** A check that failed when the service was asked. */
export const failedCheck = (url: string, error: Error): Availability => ({
  status: 'False',
  reason: 'FailedDiscoveryCheck',
  message: `failing or missing response from ${url}: ${error.message}`,
})
