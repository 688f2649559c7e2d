import { expect, test } from 'vitest'
import { startApi } from '../support/api.ts'

test('ComponentStatuses say what runs in this server', async () => {
  const api = await startApi()
  try {
    const { headers, json } = await api.request('GET', '/api/v1/componentstatuses')
    expect(headers.warning).toContain('v1 ComponentStatus is deprecated in v1.19+')
    const health = json.items.map((item: { metadata: { name: string }; conditions: object[] }) => [
      item.metadata.name,
      item.conditions,
    ])
    expect(health).toEqual([
      ['controller-manager', [{ type: 'Healthy', status: 'False', message: 'controllers not running in this server' }]],
      ['etcd-0', [{ type: 'Healthy', status: 'True', message: 'ok' }]],
      ['scheduler', [{ type: 'Healthy', status: 'False', message: 'scheduler not running in this server' }]],
    ])
    expect((await api.request('GET', '/api/v1/componentstatuses/none')).status).toBe(404)
  } finally {
    await api.stop()
  }
})
