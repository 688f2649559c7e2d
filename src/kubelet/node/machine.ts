import { readFile, statfs } from 'node:fs/promises'
import os from 'node:os'
import type { NodeSystemInfo } from '../../api/core/node.ts'
import type { CriClient } from '../cri/client.ts'

/** The version of Kubernetes that this kubelet is of. */
export const KUBELET_VERSION = 'v1.36.0+tsukube'

/** The machine as far as a node's capacity goes. Memory and storage in bytes. */
export interface Machine {
  readonly cpus: number
  readonly memory: number
  readonly storage: number
}

/** `rootDir`: a folder of the file system whose size counts. */
export async function machineOf(rootDir: string): Promise<Machine> {
  const { blocks, bsize } = await statfs(rootDir)
  return { cpus: os.availableParallelism(), memory: os.totalmem(), storage: blocks * bsize }
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** The machine's architecture in Go's words. */
export const architecture = (): string => ARCHITECTURES[process.arch] ?? process.arch

const text = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).trim()

export async function systemInfo(cri: CriClient): Promise<NodeSystemInfo> {
  const [machineID, systemUUID, bootID, release, version] = await Promise.all([
    text('/etc/machine-id'),
    text('/sys/class/dmi/id/product_uuid'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    cri.runtime.version().catch(() => undefined),
  ])
  return {
    machineID,
    systemUUID: systemUUID || machineID,
    bootID,
    kernelVersion: os.release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'Linux',
    containerRuntimeVersion: version ? `${version.runtimeName}://${version.runtimeVersion.replace(/^v/, '')}` : '',
    kubeletVersion: KUBELET_VERSION,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: architecture(),
  }
}
