import { expect, test } from 'vitest'
import { clusterRole } from '../../src/api/rbac/clusterrole.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import { openMemoryStore } from '../../src/storage/memory.ts'

const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate'

test('roles that a start finds wanting are completed, unless somebody wants them as they are', async () => {
  const store = openMemoryStore()
  const options = { store, controllers: false, hollowNodes: 0 }
  const [mended, kept] = [{ name: 'system:kube-scheduler' }, { name: 'system:node-problem-detector' }]
  const first = await createCluster(options)
  const { rules } = await first.client.get(clusterRole, mended)
  const own = { verbs: ['get'], apiGroups: ['example.com'], resources: ['things'] }
  await first.client.patch(clusterRole, mended, 'merge', { rules: [own] })
  await first.client.patch(clusterRole, kept, 'merge', {
    metadata: { annotations: { [AUTO_UPDATE]: 'false' } },
    rules: [],
  })
  await first.stop()
  const second = await createCluster(options)
  expect((await second.client.get(clusterRole, mended)).rules).toEqual([own, ...rules!])
  expect((await second.client.get(clusterRole, kept)).rules ?? []).toEqual([])
  await second.stop()
  await store.close()
})
