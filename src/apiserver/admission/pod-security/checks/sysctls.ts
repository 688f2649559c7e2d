import type { Check, PodLike } from '../check.ts'

const SAFE_1_0 = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]
const SAFE_1_27 = [...SAFE_1_0, 'net.ipv4.ip_local_reserved_ports']
const SAFE_1_29 = [
  ...SAFE_1_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]
const SAFE_1_32 = [...SAFE_1_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

const find = (safe: readonly string[]) => (pod: PodLike) => {
  const bad = (pod.spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter(name => !safe.includes(name))
  return bad.length > 0 ? { reason: 'forbidden sysctls', detail: bad.join(', ') } : undefined
}

/** Only kernel settings that do not reach beyond the pod. */
export const sysctls: Check = {
  id: 'sysctls',
  level: 'baseline',
  versions: [
    { since: 0, find: find(SAFE_1_0) },
    { since: 27, find: find(SAFE_1_27) },
    { since: 29, find: find(SAFE_1_29) },
    { since: 32, find: find(SAFE_1_32) },
  ],
}
