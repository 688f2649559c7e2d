import type { LocalNode } from '../../../src/cluster/local-node/node.ts'
import type { CriClient } from '../../../src/kubelet/cri/client.ts'
import type { ContainerConfig } from '../../../src/kubelet/cri/messages/container.ts'
import type { PodSandboxConfig } from '../../../src/kubelet/cri/messages/sandbox.ts'

const namespaceOptions = { network: 'POD', pid: 'CONTAINER', ipc: 'POD' } as const
const securityContext = { namespaceOptions, seccomp: { profileType: 'RuntimeDefault' } } as const

export interface TestPod {
  podSandboxId: string
  containerId: string
  ip: string
  /** Inside the node. */
  logFile: string
  exec(...cmd: string[]): Promise<{ exitCode: number; stdout: string }>
}

let lastPod = 0

/** Runs a pod with one container straight through the CRI. */
export async function runPod(
  cri: CriClient,
  node: LocalNode,
  image: string,
  config: Partial<ContainerConfig> = {},
): Promise<TestPod> {
  const uid = `pod-${++lastPod}`
  const logDirectory = `/var/log/pods/${uid}`
  const sandboxConfig: PodSandboxConfig = {
    metadata: { name: uid, namespace: 'default', uid, attempt: 0 },
    hostname: uid,
    logDirectory,
    linux: { cgroupParent: `${node.podCgroup}/${uid}`, securityContext },
  }
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: sandboxConfig })
  const { containerId } = await cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig,
    config: {
      metadata: { name: 'main' },
      image: { image },
      logPath: 'main.log',
      linux: { securityContext },
      ...config,
    },
  })
  await cri.runtime.startContainer({ containerId })
  const { status } = await cri.runtime.podSandboxStatus({ podSandboxId })
  return {
    podSandboxId,
    containerId,
    ip: status!.network!.ip,
    logFile: `${logDirectory}/main.log`,
    async exec(...cmd) {
      const { exitCode, stdout } = await cri.runtime.execSync({ containerId, cmd, timeout: 10 })
      return { exitCode, stdout: Buffer.from(stdout).toString() }
    },
  }
}
