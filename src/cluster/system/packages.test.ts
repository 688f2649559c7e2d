import { expect, test } from 'vitest'
import { type MachineFacts, machineFacts, readinessOf } from './packages.ts'

const fine: MachineFacts = {
  platform: 'linux',
  uid: 0,
  namespaces: ['mnt', 'net', 'uts', 'ipc', 'pid'],
  hasCgroups: true,
  isPrivileged: true,
  missingTools: [],
  hasApt: true,
}

test('a machine with everything is ready', () => {
  expect(readinessOf(fine)).toMatchObject({ ok: true, missing: [] })
})

test.each([
  [{ platform: 'darwin' as const }, 'this is darwin'],
  [{ uid: 1000 }, 'must be root'],
  [{ isPrivileged: false }, 'CAP_SYS_ADMIN'],
  [{ namespaces: ['mnt', 'net'] }, 'no uts, ipc, pid namespaces'],
  [{ hasCgroups: false }, 'no cgroups'],
])('%o is told why not', (facts, why) => {
  const readiness = readinessOf({ ...fine, ...facts })
  expect(readiness.ok).toBe(false)
  expect(readiness.why).toContain(why)
  expect(readiness.whatToDo).not.toBe('')
})

test('missing programs are named with what to install', () => {
  expect(readinessOf({ ...fine, missingTools: ['containerd', 'cni-plugins'] })).toMatchObject({
    ok: false,
    packages: ['containerd', 'containernetworking-plugins'],
    whatToDo: 'Install them: apt-get install containerd containernetworking-plugins',
  })
})

test('this machine can be looked at', () => {
  expect(machineFacts().platform).toBe(process.platform)
})
