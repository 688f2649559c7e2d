import type { Clock } from '../../apimachinery/clock.ts'
import type { Informers } from '../../client/informers.ts'
import type { Nominator } from '../nominator.ts'

/** What plugins are made with besides their arguments. */
export interface Handle {
  readonly clock: Clock
  readonly nominator: Nominator
  /** Shared caches; those asked for when a plugin is made are filled before the first pod is placed. */
  readonly informers: Informers
  /** Whether PodGroups are served. */
  readonly podGroups: boolean
}
