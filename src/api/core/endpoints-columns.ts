import type { EndpointSubset } from './endpoints.ts'

const MAX_SHOWN = 3

/** The first few addresses with their ports, and how many more there are. */
export function showEndpoints(subsets: readonly EndpointSubset[] = []): string {
  if (subsets.length === 0) return '<none>'
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  )
  const shown = all.slice(0, MAX_SHOWN).join(',')
  return all.length > MAX_SHOWN ? `${shown} + ${all.length - MAX_SHOWN} more...` : shown
}
