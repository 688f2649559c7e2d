import { up } from '../../cluster/up.ts'
import { Progress } from '../progress.ts'

/** `tsukube up` */
export async function upCommand(options: {
  name: string
  nodes?: number
  hollowNodes?: number
  port?: number
}): Promise<void> {
  const progress = new Progress()
  const { config, context, hollowBecause } = await up({ ...options, progress: line => progress.step(line) }).finally(
    () => progress.end(),
  )
  const nodes = [
    config.nodes > 0 && `${config.nodes} node${config.nodes > 1 ? 's' : ''}`,
    config.hollowNodes > 0 && `${config.hollowNodes} hollow node${config.hollowNodes > 1 ? 's' : ''}`,
  ].filter(Boolean)
  process.stdout.write(
    `Cluster ${config.name} is up: https://${config.address}:${config.port}, ${nodes.join(' and ') || 'no nodes'}.\n`,
  )
  if (hollowBecause) process.stdout.write(`Its nodes are hollow: containers cannot run here. ${hollowBecause}\n`)
  process.stdout.write(`kubectl now uses it (context ${context}).\n`)
}
