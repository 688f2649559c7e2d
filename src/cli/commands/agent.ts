import { runAgent } from '../../cluster/agent-process.ts'
import { endSignal, logLine } from '../service.ts'

/** `tsukube agent`: what runs beside the container runtime on every node. */
export async function agentCommand({ config }: { config: string }): Promise<void> {
  await runAgent(config, endSignal(), logLine)
  process.exit(0)
}
