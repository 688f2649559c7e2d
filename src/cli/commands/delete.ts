import { deleteCluster } from '../../cluster/down.ts'
import { keepAwake } from '../../cluster/local-node/keep-awake.ts'

/** `tsukube delete` */
export async function deleteCommand({ name }: { name: string }): Promise<void> {
  await keepAwake(deleteCluster(name))
  process.stdout.write(`Cluster ${name} is deleted.\n`)
}
