import type { CriClient } from '../cri/client.ts'

/** What keeps the container runtime from running pods, in upstream's words; undefined when nothing does. */
export async function runtimeProblem(cri: CriClient): Promise<string | undefined> {
  try {
    const { status } = await cri.runtime.status({}, { timeoutMs: 5_000 })
    for (const type of ['RuntimeReady', 'NetworkReady']) {
      const condition = status?.conditions.find(other => other.type === type)
      if (condition?.status) continue
      const what = type === 'RuntimeReady' ? 'container runtime not ready' : 'container runtime network not ready'
      return `${what}: ${type}=false reason:${condition?.reason ?? ''} message:${condition?.message ?? ''}`
    }
    return undefined
  } catch {
    return 'container runtime is down'
  }
}
