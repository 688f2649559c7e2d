import { afterAll, beforeAll, expect, test } from 'vitest'
import { configMap } from '../../src/api/core/configmap.ts'
import { Client } from '../../src/client/client.ts'
import { HttpTransport } from '../../src/client/http-transport.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

test('watches that are broken off leave the connection usable', async () => {
  const { server, ca, token } = api.cluster.access
  const transport = new HttpTransport({ server, ca, bearerToken: token })
  const client = new Client(transport)
  try {
    const data = { text: 'x'.repeat(8 * 1024) }
    for (let i = 0; i < 16; i++) {
      await client.create(configMap, { metadata: { name: `big-${i}`, namespace: 'default' }, data })
    }
    for (let round = 0; round < 8; round++) {
      const enough = new AbortController()
      const watch = client.watch(configMap, { namespace: 'default' }, enough.signal, () => enough.abort())
      await expect(watch).rejects.toThrow()
    }
    const { items } = await client.list(configMap, { namespace: 'default' })
    expect(items).toHaveLength(16)
  } finally {
    await transport.close()
  }
})
