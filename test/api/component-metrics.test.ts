import { expect, test } from 'vitest'
import { startApi } from '../support/api.ts'

test('controllers and scheduler have their figures in /metrics', async () => {
  const api = await startApi({ controllers: true })
  try {
    const { text } = await api.request('GET', '/metrics')
    expect(text).toMatch(/^workqueue_adds_total\{name="[a-z-]+"\} [1-9]/m)
    expect(text).toMatch(/^workqueue_depth\{name="[a-z-]+"\} \d+$/m)
    expect(text).toContain('scheduler_pending_pods{queue="active"} 0')
    expect(text).toContain('# TYPE scheduler_schedule_attempts_total counter')
  } finally {
    await api.stop()
  }
})
