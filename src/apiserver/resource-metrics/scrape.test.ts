import { expect, test } from 'vitest'
import { pointsIn } from './scrape.ts'

const labels = (container: string, pod = 'web') => `{container="${container}",namespace="default",pod="${pod}"}`

test('a node and its containers are read', () => {
  const { node, pods } = pointsIn(
    [
      `container_cpu_usage_seconds_total${labels('main')} 1.5 2000`,
      `container_memory_working_set_bytes${labels('main')} 4096 2001`,
      `container_start_time_seconds${labels('main')} 1.25`,
      'node_cpu_usage_seconds_total 90 2000',
      'node_memory_working_set_bytes 8192 2000',
      'pod_cpu_usage_seconds_total{namespace="default",pod="web"} 1.5 2000',
    ].join('\n'),
    5000,
  )
  expect(node).toEqual({ at: 2000, cpuSeconds: 90, workingSet: 8192 })
  expect(pods).toEqual(
    new Map([['default/web', new Map([['main', { at: 2000, cpuSeconds: 1.5, workingSet: 4096, startedAt: 1250 }]])]]),
  )
})

test('a pod of which a container is told in part only is left out', () => {
  const { node, pods } = pointsIn(
    [
      `container_cpu_usage_seconds_total${labels('main')} 1.5`,
      `container_memory_working_set_bytes${labels('main')} 4096`,
      `container_cpu_usage_seconds_total${labels('side')} 1.5`,
      `container_cpu_usage_seconds_total${labels('main', 'other')} 1`,
      `container_memory_working_set_bytes${labels('main', 'other')} 1`,
    ].join('\n'),
    5000,
  )
  expect(node).toBeUndefined()
  expect([...pods.keys()]).toEqual(['default/other'])
  expect(pods.get('default/other')!.get('main')!.at).toBe(5000)
})
