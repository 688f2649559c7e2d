import type { Clock } from '../apimachinery/clock.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Client } from '../client/client.ts'
import type { Informers } from '../client/informers.ts'

/** What every part of a node's network works with. */
export interface NetworkOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  readonly nodeName: string
  /** The node's own address. */
  readonly nodeAddress: string
}
