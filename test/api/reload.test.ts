import { expect, test } from 'vitest'
import { deployment } from '../../src/api/apps/deployment.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'

test('an object in memory is exactly what a restart would read back', async () => {
  const cluster = await createCluster({ hollowNodes: 0, controllers: false })
  try {
    const spec = {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    }
    const created = await cluster.client.create(deployment, { metadata: { name: 'web', namespace: 'default' }, spec })
    const entry = cluster.controlPlane.server.resources.of(deployment).cacher.get('default/web')!
    expect(created).toStrictEqual(JSON.parse(entry.bytes.toString()))
  } finally {
    await cluster.stop()
  }
})
