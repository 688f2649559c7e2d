import { deleteCluster } from '../../cluster/down.ts'
import { currentContext } from '../../cluster/kubeconfig.ts'
import { keepAwake } from '../../cluster/local-node/keep-awake.ts'

/** `tsukube delete` */
export async function deleteCommand({ name }: { name: string }): Promise<void> {
  const before = currentContext()
  await keepAwake(deleteCluster(name))
  process.stdout.write(`Cluster ${name} is deleted.\n`)
  const after = currentContext()
  if (after && after !== before) process.stdout.write(`kubectl now uses the context ${after}.\n`)
}
