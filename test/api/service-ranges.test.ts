import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { service } from '../../src/api/core/service.ts'
import { ipAddress } from '../../src/api/networking/ipaddress.ts'
import { serviceCIDR } from '../../src/api/networking/servicecidr.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const WAIT = { timeout: 10_000, interval: 20 }
const namespace = 'default'
let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi({ controllers: true })
})
afterAll(() => api.stop())

const create = (name: string, clusterIP?: string) =>
  api.cluster.client.create(service, { metadata: { name, namespace }, spec: { clusterIP, ports: [{ port: 80 }] } })
const cidr = (name: string) => api.cluster.client.get(serviceCIDR, { name })
const ready = (name: string, value: string) =>
  vi.waitFor(async () => {
    const condition = (await cidr(name)).status.conditions?.find(({ type }) => type === 'Ready')
    expect(condition?.status).toBe(value)
    return condition
  }, WAIT)

test('each address of a Service is an IPAddress, as long as the Service is there', async () => {
  const { spec } = await create('web')
  const name = spec.clusterIP!
  const made = await vi.waitFor(() => api.cluster.client.get(ipAddress, { name }), WAIT)
  expect(made.spec.parentRef).toEqual({ resource: 'services', namespace, name: 'web' })
  expect(made.metadata.labels).toEqual({
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  })
  await api.cluster.client.delete(service, { namespace, name: 'web' })
  await vi.waitFor(() => expect(api.cluster.client.get(ipAddress, { name })).rejects.toThrow('not found'), WAIT)
})

test('an address that somebody else has is not given away', async () => {
  const parentRef = { group: 'example.com', resource: 'things', name: 'one', namespace }
  await api.cluster.client.create(ipAddress, { metadata: { name: '10.96.77.7' }, spec: { parentRef } })
  await expect(create('late', '10.96.77.7')).rejects.toThrow('provided IP is already allocated')
  await api.cluster.client.delete(ipAddress, { name: '10.96.77.7' })
  await create('late', '10.96.77.7')
})

test('a further range can be used once it is ready, and goes only when nobody uses it', async () => {
  await ready('kubernetes', 'True')
  await expect(create('far', '10.200.0.9')).rejects.toThrow(
    'is not in the valid range. The range of valid IPs is 10.96.0.0/16',
  )
  await api.cluster.client.create(serviceCIDR, { metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/24'] } })
  await ready('more', 'True')
  await create('far', '10.200.0.9')
  await vi.waitFor(() => api.cluster.client.get(ipAddress, { name: '10.200.0.9' }), WAIT)
  await api.cluster.client.delete(serviceCIDR, { name: 'more' })
  expect(await ready('more', 'False')).toMatchObject({ reason: 'Terminating' })
  await expect(create('farther', '10.200.0.10')).rejects.toThrow('not in the valid range')
  await api.cluster.client.delete(service, { namespace, name: 'far' })
  await vi.waitFor(() => expect(cidr('more')).rejects.toThrow('not found'), WAIT)
})
