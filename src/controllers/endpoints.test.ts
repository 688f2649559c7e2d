import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { endpoints } from '../api/core/endpoints.ts'
import { node } from '../api/core/node.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { service } from '../api/core/service.ts'
import { type EndpointSlice, endpointSlice } from '../api/discovery/endpointslice.ts'
import { endpointsController } from './endpoints.ts'
import { endpointSliceController } from './endpointslice.ts'

const test = worldTest({ controllers: [endpointsController, endpointSliceController] })

const serviceOf = (spec: object = {}) => ({
  metadata: { name: 'web', labels: { team: 'a' } },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
})

async function addPod(world: World, name: string, ip: string, ready = true, spec: object = {}): Promise<Pod> {
  const ports = [{ name: 'http', containerPort: 8080 }]
  const created = await world.client.create(pod, {
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'main', image: 'web', ports }], ...spec },
  })
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }]
  const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions }
  return world.client.patch(pod, created.metadata, 'strategic', { status }, { subresource: 'status' })
}

const slices = (world: World): Promise<readonly EndpointSlice[]> => world.list(endpointSlice)

test('ready and not ready pods, with the number of a named port', async ({ world }) => {
  await addPod(world, 'a', '10.0.0.1')
  await addPod(world, 'b', '10.0.0.2', false)
  await world.apply(service, serviceOf())
  expect((await world.get(endpoints, 'web')).subsets).toMatchObject([
    {
      addresses: [{ ip: '10.0.0.1', targetRef: { kind: 'Pod', name: 'a' } }],
      notReadyAddresses: [{ ip: '10.0.0.2' }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ])
  const [slice] = await slices(world)
  expect(slice).toMatchObject({
    addressType: 'IPv4',
    metadata: {
      generateName: 'web-',
      labels: {
        team: 'a',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [{ kind: 'Service', name: 'web', controller: true }],
    },
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  })
  const states = slice!.endpoints.map(({ addresses, conditions }) => [addresses[0], conditions])
  expect(Object.fromEntries(states)).toEqual({
    '10.0.0.1': { ready: true, serving: true, terminating: false },
    '10.0.0.2': { ready: false, serving: false, terminating: false },
  })
  expect(world.errors).toEqual([])
})

test('a pod that is being deleted leaves Endpoints, and serves on in its slice', async ({ world }) => {
  await world.apply(service, serviceOf())
  const a = await addPod(world, 'a', '10.0.0.1', true, { nodeName: 'n' })
  await world.client.delete(pod, a)
  await world.settle()
  expect((await world.get(endpoints, 'web')).subsets).toBeUndefined()
  expect((await slices(world))[0]!.endpoints[0]!.conditions).toEqual({ ready: false, serving: true, terminating: true })
})

test('a Service without pods has an empty slice; without selector, none', async ({ world }) => {
  await world.apply(service, serviceOf())
  expect(await slices(world)).toMatchObject([{ endpoints: [], ports: [] }])
  await world.apply(service, { ...serviceOf(), metadata: { name: 'manual' }, spec: { ports: [{ port: 80 }] } })
  expect(await slices(world)).toHaveLength(1)
  expect(await world.find(endpoints, 'manual')).toBeUndefined()
})

test('pods come, change labels and go', async ({ world }) => {
  await world.apply(service, serviceOf())
  await addPod(world, 'a', '10.0.0.1')
  const b = await addPod(world, 'b', '10.0.0.2')
  await world.settle()
  const addresses = async () => (await slices(world)).flatMap(s => s.endpoints.flatMap(e => e.addresses)).sort()
  expect(await addresses()).toEqual(['10.0.0.1', '10.0.0.2'])
  await world.client.patch(pod, b.metadata, 'merge', { metadata: { labels: { app: 'other' } } })
  await world.settle()
  expect(await addresses()).toEqual(['10.0.0.1'])
  await world.setPod(await world.get(pod, 'a'), 'Succeeded')
  expect(await addresses()).toEqual([])
  expect(await slices(world)).toHaveLength(1)
})

test('publishNotReadyAddresses counts all as ready', async ({ world }) => {
  await addPod(world, 'a', '10.0.0.1', false)
  await world.apply(service, serviceOf({ publishNotReadyAddresses: true }))
  expect((await slices(world))[0]!.endpoints[0]!.conditions).toMatchObject({ ready: true, serving: false })
  expect((await world.get(endpoints, 'web')).subsets![0]!.addresses).toHaveLength(1)
})

test('a headless Service needs no ports and knows host names', async ({ world }) => {
  await addPod(world, 'a', '10.0.0.1', true, { hostname: 'a', subdomain: 'web' })
  await world.apply(service, serviceOf({ clusterIP: 'None', ports: undefined }))
  const [slice] = await slices(world)
  expect(slice!.metadata.labels).toMatchObject({ 'service.kubernetes.io/headless': '' })
  expect(slice).toMatchObject({ ports: [], endpoints: [{ hostname: 'a', addresses: ['10.0.0.1'] }] })
  expect((await world.get(endpoints, 'web')).subsets).toMatchObject([{ addresses: [{ hostname: 'a' }] }])
})

test('tells node and zone', async ({ world }) => {
  await world.apply(node, { metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z' } } })
  await addPod(world, 'a', '10.0.0.1', true, { nodeName: 'n' })
  await world.apply(service, serviceOf({ trafficDistribution: 'PreferClose' }))
  expect((await slices(world))[0]!.endpoints[0]).toMatchObject({
    nodeName: 'n',
    zone: 'z',
    hints: { forZones: [{ name: 'z' }] },
  })
})

test('pods that name their port differently get slices of their own', async ({ world }) => {
  await addPod(world, 'a', '10.0.0.1')
  const containers = [{ name: 'main', image: 'web', ports: [{ name: 'http', containerPort: 9090 }] }]
  await addPod(world, 'b', '10.0.0.2', true, { containers })
  await world.apply(service, serviceOf())
  expect((await slices(world)).map(s => s.ports[0]!.port).sort()).toEqual([8080, 9090])
  expect((await world.get(endpoints, 'web')).subsets).toHaveLength(2)
})

test('at most 100 endpoints to a slice, and few slices change', async ({ world }) => {
  for (let i = 0; i < 150; i++) await addPod(world, `p${i}`, `10.0.1.${i}`)
  await world.apply(service, serviceOf())
  const before = await slices(world)
  expect(before.map(s => s.endpoints.length).sort((a, b) => a - b)).toEqual([50, 100])
  await addPod(world, 'late', '10.0.2.1')
  await world.settle()
  const after = await slices(world)
  expect(after.map(s => s.endpoints.length).sort((a, b) => a - b)).toEqual([51, 100])
  const full = before.find(s => s.endpoints.length === 100)!.metadata
  expect(after.find(s => s.metadata.name === full.name)!.metadata.resourceVersion).toBe(full.resourceVersion)
})

test('Endpoints go with their Service', async ({ world }) => {
  await world.apply(service, serviceOf())
  await world.client.delete(service, { namespace: 'default', name: 'web' })
  await world.settle()
  expect(await world.find(endpoints, 'web')).toBeUndefined()
})

test('a slice that someone changed or deleted is put right', async ({ world }) => {
  await addPod(world, 'a', '10.0.0.1')
  await world.apply(service, serviceOf())
  const [slice] = await slices(world)
  await world.client.patch(endpointSlice, slice!.metadata, 'merge', { endpoints: [] })
  await world.settle()
  expect((await slices(world))[0]!.endpoints).toHaveLength(1)
  await world.client.delete(endpointSlice, slice!)
  await world.settle()
  expect(await slices(world)).toMatchObject([{ endpoints: [{ addresses: ['10.0.0.1'] }] }])
})

test('Endpoints that are made before their Service stay; those of a Service that is gone go', async ({ world }) => {
  const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }]
  await world.apply(endpoints, { metadata: { name: 'early' }, subsets })
  expect((await world.get(endpoints, 'early')).subsets).toHaveLength(1)
  await addPod(world, 'a', '10.0.0.1')
  await world.apply(service, serviceOf())
  await world.client.delete(service, { namespace: 'default', name: 'web' })
  await world.settle()
  expect((await world.list(endpoints)).map(({ metadata }) => metadata.name)).toEqual(['early'])
})
