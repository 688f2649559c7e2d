import { runAgent } from '../../cluster/agent-process.ts'
import { endSignal, logLine, untilItEnds } from '../service.ts'

/** `tsukube agent`: what runs beside the container runtime on every node. */
export async function agentCommand({ config }: { config: string }): Promise<void> {
  await untilItEnds(runAgent(config, endSignal(), logLine))
}
