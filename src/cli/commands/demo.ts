import { deployDemo } from '../../cluster/demo.ts'
import { keepAwake } from '../../cluster/local-node/keep-awake.ts'
import { Progress } from '../progress.ts'

/** `tsukube demo` */
export async function demoCommand({ name }: { name: string }): Promise<void> {
  const progress = new Progress()
  const { url, ingress } = await keepAwake(deployDemo(name, line => progress.step(line))).finally(() => progress.end())
  process.stdout.write(`
The demo runs:
  page      curl ${url}
  health    curl ${url}health
  ingress   curl --resolve ${ingress.host}:80:${ingress.address} http://${ingress.host}${ingress.path}

Try next:
  kubectl get all -n dev -o wide
  kubectl -n dev logs deploy/mydemo
  kubectl -n dev scale deploy/mydemo --replicas=4
  bin/tsukube service list
  bin/tsukube status
  bin/tsukube delete
`)
}
