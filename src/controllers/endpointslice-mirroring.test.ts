import { expect } from 'vitest'
import { World, worldTest } from '../../test/support/world.ts'
import { endpoints } from '../api/core/endpoints.ts'
import { service } from '../api/core/service.ts'
import { endpointSlice } from '../api/discovery/endpointslice.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring.ts'

const test = worldTest({ controllers: [endpointSliceMirroringController] })

const external = { metadata: { name: 'db' }, spec: { ports: [{ port: 5432 }] } }
const subsets = [
  {
    addresses: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }],
    notReadyAddresses: [{ ip: '192.0.2.2' }],
    ports: [{ name: 'sql', port: 5432 }],
  },
]

test('Endpoints of a Service without selector become slices, one for each kind of address', async ({ world }) => {
  await world.apply(service, external)
  await world.apply(endpoints, { metadata: { name: 'db', labels: { team: 'a' }, annotations: { note: 'x' } }, subsets })
  const slices = (await world.list(endpointSlice)).toSorted((a, b) => a.addressType.localeCompare(b.addressType))
  expect(slices).toMatchObject([
    {
      metadata: {
        labels: {
          team: 'a',
          'kubernetes.io/service-name': 'db',
          'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
        },
        annotations: { note: 'x' },
        ownerReferences: [{ kind: 'Endpoints', name: 'db', controller: true }],
      },
      addressType: 'IPv4',
      ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
      endpoints: [
        { addresses: ['192.0.2.1'], conditions: { ready: true } },
        { addresses: ['192.0.2.2'], conditions: { ready: false } },
      ],
    },
    { addressType: 'IPv6', endpoints: [{ addresses: ['2001:db8::1'] }] },
  ])
})

test('slices follow changes, and go with the Endpoints', async ({ world }) => {
  await world.apply(service, external)
  await world.apply(endpoints, { metadata: { name: 'db' }, subsets })
  const before = (await world.list(endpointSlice)).find(({ addressType }) => addressType === 'IPv4')!
  await world.client.patch(endpoints, { namespace: 'default', name: 'db' }, 'merge', {
    subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ name: 'sql', port: 5432 }] }],
  })
  await world.settle()
  const after = await world.list(endpointSlice)
  expect(after.map(({ metadata }) => metadata.uid)).toEqual([before.metadata.uid])
  expect(after[0]!.endpoints).toMatchObject([{ addresses: ['192.0.2.9'] }])
  await world.client.delete(endpoints, { namespace: 'default', name: 'db' })
  await world.settle()
  expect(await world.list(endpointSlice)).toEqual([])
})

test.each([
  ['the service selects pods', { spec: { ...external.spec, selector: { app: 'db' } } }, {}],
  ['they say so', {}, { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }],
  ['they stand for a leader', {}, { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }],
])('no slices where %s', async (_why, serviceMore, metadataMore) => {
  const world = await World.start({ controllers: [endpointSliceMirroringController] })
  await world.apply(service, { ...external, ...serviceMore })
  await world.apply(endpoints, { metadata: { name: 'db', ...metadataMore }, subsets })
  expect(await world.list(endpointSlice)).toEqual([])
  world.stop()
})
