import { expect, test } from 'vitest'
import type { Image } from '../cri/messages/image.ts'
import { containerOf, runtimeOf } from '../testing/pods.ts'
import { surplusOf } from './container-gc.ts'
import { removable } from './image-gc.ts'

const dead = (id: string, name = 'main', sandboxId = 'sandbox') => containerOf(name, { id, sandboxId, state: 'exited' })

test('of each container the newest dead incarnation is kept', () => {
  const pod = runtimeOf([containerOf('main'), dead('3'), dead('2'), dead('x', 'other'), dead('1')])
  expect(surplusOf(pod).containers).toEqual(['2', '1'])
})

test('old sandboxes go when nothing of theirs is kept', () => {
  const [current] = runtimeOf().sandboxes
  const old = (id: string) => ({ ...current!, id, state: 'SANDBOX_NOTREADY' as const })
  const pod = {
    ...runtimeOf([containerOf('main'), dead('1', 'main', 'kept')]),
    sandboxes: [current!, old('kept'), old('gone')],
  }
  expect(surplusOf(pod).sandboxes).toEqual(['gone'])
})

test('images in use, pinned ones and the pause image stay', () => {
  const image = (id: string, more: Partial<Image> = {}) => ({ id, repoTags: [id], pinned: false, ...more }) as Image
  const images = [image('used'), image('pause'), image('pinned', { pinned: true }), image('young'), image('old')]
  const since = new Map([
    ['young', 2],
    ['old', 1],
  ])
  expect(removable(images, new Set(['used']), since, 'pause').map(({ id }) => id)).toEqual(['old', 'young'])
})
