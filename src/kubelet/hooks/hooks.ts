import type { Container } from '../../api/core/pod/container.ts'
import type { LifecycleHandler } from '../../api/core/pod/probe.ts'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import type { CriClient } from '../cri/client.ts'
import { get, headersOf, urlOf } from './http.ts'

interface Target {
  readonly container: Container
  readonly containerId: string
  readonly podIP: string
}

/** Runs what is to happen right after a container's start or before its end. Rejects when it fails. */
export async function runHook(
  handler: LifecycleHandler,
  { container, containerId, podIP }: Target,
  { cri, clock }: { readonly cri: CriClient; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  if (handler.exec) {
    const cmd = handler.exec.command ?? []
    const { exitCode, stderr, stdout } = await cri.runtime.execSync({ containerId, cmd }, { signal })
    if (exitCode === 0) return
    const said = Buffer.from(stderr.length > 0 ? stderr : stdout).toString('utf8')
    throw new Error(`command '${cmd.join(' ')}' exited with ${exitCode}: ${said}`)
  }
  if (handler.httpGet) {
    const { status } = await get(
      urlOf(container, handler.httpGet, podIP),
      headersOf(handler.httpGet, 'kube-lifecycle/1.36'),
      signal,
    )
    if (status >= 400) throw new Error(`the request was answered with HTTP status ${status}`)
    return
  }
  if (handler.sleep) {
    await sleep(clock, handler.sleep.seconds * 1000, signal)
    return
  }
  throw new Error('invalid handler: tcpSocket is not supported in hooks')
}
