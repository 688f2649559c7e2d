import type { Recipe } from '../recipe.ts'
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
