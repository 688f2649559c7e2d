import { type DemoResult, deployDemo } from '../../cluster/demo.ts'
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
  ingress   ${ingressCommand(ingress)}

Try next:
  kubectl get all -n dev -o wide
  kubectl -n dev logs deploy/mydemo
  kubectl -n dev scale deploy/mydemo --replicas=4
  bin/tsukube service list
  bin/tsukube status
  bin/tsukube delete
`)
}

function ingressCommand({ host, path, address, port }: DemoResult['ingress']): string {
  if (!port) return 'none: ports 80 and 8080 of this machine are in use'
  return `curl --resolve ${host}:${port}:${address} http://${host}${port === 80 ? '' : `:${port}`}${path}`
}
