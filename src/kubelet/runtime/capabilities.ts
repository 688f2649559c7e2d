import { readFileSync } from 'node:fs'

/** Linux capabilities by their number (capability.h). */
const NAMES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ')

/** Names of the capabilities in a line such as `CapBnd: 00000000a80425fb` of /proc/PID/status. */
export function capabilitiesIn(status: string): Set<string> {
  const mask = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  return new Set(NAMES.filter((_, bit) => (mask >> BigInt(bit)) & 1n))
}

let own: Set<string> | undefined

/** The capabilities that this process, and so any container it has started, can have at most. */
export function boundingSet(): Set<string> {
  own ??= capabilitiesIn(readFileSync('/proc/self/status', 'utf8'))
  return own
}

/**
 * The capabilities to add that can be had; a runtime fails on others. ALL is left to the runtime, which reads it as all
 * that it has itself.
 */
export function addable(names: readonly string[], available: ReadonlySet<string>): string[] {
  return names.map(name => name.replace(/^CAP_/, '')).filter(name => name === 'ALL' || available.has(name))
}
