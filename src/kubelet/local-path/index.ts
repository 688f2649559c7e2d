import type { Clock } from '../../apimachinery/clock.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Client } from '../../client/client.ts'
import { ControllerManager } from '../../client/manager.ts'
import { type LocalPathOptions, localPathProvisioner } from './provisioner.ts'

export { noFolders, realFolders } from './folders.ts'
export { LOCAL_PATH } from './volume.ts'

interface Surroundings extends LocalPathOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Told, in one line, of failures that nobody waits for. */
  readonly log?: (line: string) => void
}

/** Provides volumes on the nodes that `hostname` knows. Resolves when it works; ends with the signal. */
export async function startLocalPathProvisioner(options: Surroundings): Promise<void> {
  const { client, clock, random, signal, log = () => {} } = options
  const onError = (name: string, key: string, error: unknown) => log(`${name} ${key}: ${(error as Error).message}`)
  await new ControllerManager({ client, clock, random, signal, onError }).start([localPathProvisioner(options)])
}
