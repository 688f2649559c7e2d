import type { ResourceQuotaStatus } from './resourcequota.ts'

/** As `cpu: 1/2, memory: 1Gi/4Gi`: what is used of what is allowed. */
export function showUsage({ hard = {}, used = {} }: ResourceQuotaStatus, limits: boolean): string {
  return Object.keys(hard)
    .sort()
    .filter(name => name.startsWith('limits.') === limits)
    .map(name => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
    .join(', ')
}
