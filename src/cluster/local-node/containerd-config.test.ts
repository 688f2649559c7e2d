import { expect, test } from 'vitest'
import { containerdConfig, majorVersionOf } from './containerd-config.ts'

test.each([
  ['containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3', 1],
  ['containerd containerd.io 1.7.27 05044ec0a9a75232cad458027ca83437aae3f4da', 1],
  ['containerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7193e4e490e9fbdc236c0e811ccaba3376', 2],
])('%s', (text, major) => {
  expect(majorVersionOf(text)).toBe(major)
})

const settings = {
  majorVersion: 1,
  runtimes: { crun: '/usr/bin/crun', runc: '/usr/sbin/runc' },
  defaultRuntime: 'crun',
  cniPlugins: '/opt/cni/bin',
  sandboxImage: 'localhost/p:1',
  restrictOomScoreAdj: true,
}

test('containerd 1 gets a file of version 2', () => {
  const config = containerdConfig(settings)
  expect(config).toMatch(/^version = 2\n/)
  expect(config).toContain('\n[plugins."io.containerd.grpc.v1.cri"]\nrestrict_oom_score_adj = true\n')
  expect(config).toContain('sandbox_image = "localhost/p:1"')
  expect(config).toContain(
    '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nBinaryName = "/usr/sbin/runc"',
  )
})

test('containerd 2 gets a file of version 3, with images and streams in tables of their own', () => {
  const config = containerdConfig({ ...settings, majorVersion: 2 })
  expect(config).toMatch(/^version = 3\n/)
  expect(config).toContain('[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "localhost/p:1"')
  expect(config).toContain('[plugins."io.containerd.cri.v1.runtime".containerd]\ndefault_runtime_name = "crun"')
  expect(config).toContain('[plugins."io.containerd.grpc.v1.cri"]\nstream_server_address = "127.0.0.1"')
})
