import { expect, test } from 'vitest'
import type { CriClient } from '../../kubelet/cri/client.ts'
import { CriError } from '../../kubelet/cri/error.ts'
import { withPullHint } from './pull-hint.ts'

const failing = {
  images: { pullImage: () => Promise.reject(new CriError('UNKNOWN', 'no such host', 'PullImage')) },
} as unknown as CriClient
const pull = (image: string, cluster = 'tsukube') =>
  withPullHint(failing, cluster).images.pullImage({ image: { image } })

test.each([
  ['nginx', 'no such host. Without a registry: tsukube image load nginx:latest'],
  ['docker.io/library/redis:7', 'no such host. Without a registry: tsukube image load redis:latest'],
  ['app:1', 'no such host. Without a registry: tsukube image load FILE, FILE being what "docker save" writes'],
])('a pull of %s that fails tells how to load it', async (image, details) => {
  await expect(pull(image)).rejects.toMatchObject({ code: 'UNKNOWN', method: 'PullImage', details })
})

test('the hint names another cluster than the usual', async () => {
  await expect(pull('busybox', 'other')).rejects.toThrow('tsukube image load busybox:latest --name other')
})
