import { expect, test } from 'vitest'
import { type Pod, pod as podKind } from '../api/core/pod.ts'
import { isBack } from './returning-pods.ts'

function pod(status: Partial<Pod['status']>, metadata: Partial<Pod['metadata']> = {}): Pod {
  const spec = { containers: [{ name: 'main', image: 'web' }] }
  return { ...podKind, metadata: { name: 'web', ...metadata }, spec, status } as unknown as Pod
}
const ready = (isTrue: boolean, id: string) => ({
  phase: 'Running' as const,
  conditions: [{ type: 'Ready', status: isTrue ? 'True' : 'False' }],
  containerStatuses: [{ name: 'main', containerID: id, state: { running: {} } }],
})

test.each([
  ['what was stored before the node stopped', pod(ready(true, 'old') as never), false],
  ['a new container that is not ready', pod(ready(false, 'new') as never), false],
  ['a new container that is ready', pod(ready(true, 'new') as never), true],
  ['a pod that has ended', pod({ phase: 'Succeeded' }), true],
  [
    'a pod that is being deleted',
    pod(ready(false, 'old') as never, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    true,
  ],
])('%s', (_, object, back) => {
  expect(isBack(object, ['old'])).toBe(back)
})
