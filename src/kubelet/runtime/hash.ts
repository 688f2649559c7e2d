import { createHash } from 'node:crypto'
import type { Container } from '../../api/core/pod/container.ts'

/**
 * Tells whether a running container still is what its pod's spec asks for. As upstream since 1.28 only the name and the
 * image count: all else of a container is immutable, or changes without a restart.
 */
export function containerHash({ name, image }: Pick<Container, 'name' | 'image'>): string {
  return createHash('sha256').update(JSON.stringify({ name, image })).digest('hex').slice(0, 8)
}
