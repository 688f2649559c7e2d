import { type DemoResult, deployDemo } from '../../cluster/demo.ts'
import { contextName, currentContext } from '../../cluster/kubeconfig.ts'
import { keepAwake } from '../../cluster/local-node/keep-awake.ts'
import { Progress } from '../progress.ts'

/** `tsukube demo` */
export async function demoCommand({ name }: { name: string }): Promise<void> {
  const progress = new Progress()
  const { url, ingress } = await keepAwake(deployDemo(name, line => progress.step(line))).finally(() => progress.end())
  const named = name === 'tsukube' ? '' : ` --name ${name}`
  // What kubectl talks to may be another cluster.
  const context = currentContext() === contextName(name) ? '' : ` --context ${contextName(name)}`
  process.stdout.write(`
The demo runs:
  page      curl ${url}
  health    curl ${url}health
  ingress   ${ingressCommand(ingress)}

Try next:
  kubectl${context} get all -n dev -o wide
  kubectl${context} -n dev logs deploy/mydemo
  kubectl${context} -n dev scale deploy/mydemo --replicas=4
  bin/tsukube service list${named}
  bin/tsukube status${named}
  bin/tsukube delete${named}
`)
}

function ingressCommand({ host, path, address, port }: DemoResult['ingress']): string {
  if (!port) return 'none: ports 80 and 8080 of this machine are in use'
  return `curl --resolve ${host}:${port}:${address} http://${host}${port === 80 ? '' : `:${port}`}${path}`
}
