import type { Recipe } from '../recipe.ts'
import { normalizeReference } from '../reference.ts'
import { busybox } from './busybox.ts'
import { nginx } from './nginx.ts'
import { pause } from './pause.ts'
import { pythonRedisDemo } from './python-redis-demo.ts'
import { redis } from './redis.ts'

export { PAUSE_IMAGE } from './pause.ts'

/** What a node cannot do without. */
export const systemImages: readonly Recipe[] = [pause]

/** What the demo, and most first steps, use. */
export const demoImages: readonly Recipe[] = [busybox, nginx, redis, pythonRedisDemo]

/** The recipe of an image by one of its names, as users write them. */
export function findRecipe(name: string): Recipe | undefined {
  try {
    const wanted = normalizeReference(name)
    return demoImages.find(recipe => recipe.names.some(known => normalizeReference(known) === wanted))
  } catch {
    return undefined
  }
}
