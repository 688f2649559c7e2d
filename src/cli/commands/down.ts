import { down } from '../../cluster/down.ts'
import { keepAwake } from '../../cluster/local-node/keep-awake.ts'

/** `tsukube down` */
export async function downCommand({ name }: { name: string }): Promise<void> {
  await keepAwake(down(name))
  process.stdout.write(`Cluster ${name} is stopped. "tsukube up" brings it back as it was.\n`)
}
