import { node as nodeKind } from '../api/core/node.ts'
import type { Clock } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Client } from '../client/client.ts'
import { Informer } from '../client/informer.ts'

const LABEL = 'node-role.kubernetes.io/control-plane'

interface Tools {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** Gives a node the role of control plane as soon as it is there: nodes may not give themselves roles. */
export function labelControlPlane(name: string, { client, clock, random, signal, log }: Tools): void {
  const informer = new Informer(nodeKind, client, clock, random, { fieldSelector: `metadata.name=${name}` })
  informer.onChange(node => {
    if (!node || node.metadata.labels?.[LABEL] !== undefined) return
    client.patch(nodeKind, { name }, 'merge', { metadata: { labels: { [LABEL]: '' } } }).catch(error => {
      if (!isReason(error, 'NotFound') && !signal.aborted) log(`node ${name}: its role was not set: ${error.message}`)
    })
  })
  informer.start(signal)
}
