import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replicaset.ts'
import { maxSurge } from './bounds.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'
/** Longest list of past revisions that is kept, in characters. */
const MAX_HISTORY = 2000

/** Annotations of a Deployment that are its own affair. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

type Annotations = Readonly<Record<string, string>>

export const revisionOf = ({ metadata }: ReplicaSet): number => Number(metadata.annotations?.[REVISION] ?? '0') || 0

/** The annotations that tell a ReplicaSet how large its Deployment is meant to be. */
export const sizeAnnotations = (d: Deployment): Annotations => ({
  [DESIRED_REPLICAS]: String(d.spec.replicas),
  [MAX_REPLICAS]: String(d.spec.replicas + maxSurge(d)),
})

/** The annotations of the newest ReplicaSet: the Deployment's, and the revision it now is. */
export function newSetAnnotations(d: Deployment, before: Annotations, revision: number, exists: boolean): Annotations {
  const out: Record<string, string> = { ...before }
  for (const [key, value] of Object.entries(d.metadata.annotations ?? {})) if (!NOT_COPIED.has(key)) out[key] = value
  const old = before[REVISION]
  if ((Number(old ?? '0') || 0) < revision) {
    out[REVISION] = String(revision)
    if (old) out[REVISION_HISTORY] = withRevision(before[REVISION_HISTORY] ?? '', old)
  }
  return exists ? out : { ...out, ...sizeAnnotations(d) }
}

function withRevision(history: string, revision: string): string {
  const revisions = history ? history.split(',') : []
  revisions.push(revision)
  while (revisions.length > 1 && revisions.join().length > MAX_HISTORY) revisions.shift()
  return revisions.join()
}
