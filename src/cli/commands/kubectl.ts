import { spawn } from 'node:child_process'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { ClusterFolder, requireCluster } from '../../cluster/cluster-config.ts'

/** `tsukube kubectl`: hands over to the kubectl on PATH, with the cluster's own kubeconfig. */
export function kubectlCommand(words: readonly string[], { name }: { name: string }): Promise<void> {
  requireCluster(name)
  const child = spawn('kubectl', words, {
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: new ClusterFolder(name).kubeconfig },
  })
  return new Promise((resolve, reject) => {
    child.on('error', () =>
      reject(
        new MachineError(
          'kubectl cannot be started',
          'there is no kubectl on PATH',
          'Install it: on Debian and Ubuntu "apt-get install kubernetes-client".',
        ),
      ),
    )
    child.on('exit', (code, signal) => {
      process.exitCode = signal ? 1 : (code ?? 1)
      resolve()
    })
  })
}
