import { expect, test } from 'vitest'
import { hierarchiesOf } from './cgroups.ts'

test('version 1 hierarchies are found, a cgroup2 tree beside them and trees elsewhere are not', () => {
  const mountinfo = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
42 31 0:32 / /mnt/memory rw,relatime - cgroup cgroup rw,memory
`
  expect(hierarchiesOf(mountinfo)).toEqual(['/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup/memory'])
})
