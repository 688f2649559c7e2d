import { type ControllerRevision, controllerRevision } from '../../api/apps/controllerrevision.ts'
import type { PodTemplateSpec } from '../../api/core/pod/template.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { hashOf } from '../shared/hash.ts'
import { controllerReference } from '../shared/pods.ts'
import { sameStored } from '../shared/same.ts'

/** The label by which pods tell of what revision they are. */
export const REVISION_LABEL = 'controller-revision-hash'

/** An object whose templates are kept as ControllerRevisions. */
export interface HistoryOwner extends KubeObject {
  spec: { template: PodTemplateSpec; revisionHistoryLimit: number }
  status: { collisionCount?: number }
}

interface CurrentRevision {
  readonly revision: ControllerRevision
  /** All revisions, in their order; the one above among them. */
  readonly revisions: readonly ControllerRevision[]
  /** To be kept in the owner's status: how often a name was taken by another template. */
  readonly collisionCount: number | undefined
}

/** What to patch an owner with so that it has this template again. */
const dataOf = (template: PodTemplateSpec) => ({ spec: { template: { ...template, $patch: 'replace' } } })

/** The template that a revision keeps. */
export const templateOf = ({ data }: ControllerRevision): PodTemplateSpec => {
  const { $patch: _, ...template } = (data as ReturnType<typeof dataOf>).spec.template
  return template
}

/**
 * The revision of an owner's present template: one there is, brought to the front if another is later, or a new one
 * (upstream pkg/controller/history). `hashLabel` is the label under which the revision carries its hash.
 */
export async function currentRevision(
  owner: HistoryOwner,
  known: readonly ControllerRevision[],
  hashLabel: string,
  context: ReconcileContext,
): Promise<CurrentRevision> {
  const revisions = [...known].sort(byRevision)
  const { collisionCount } = owner.status
  const data = dataOf(owner.spec.template)
  const latest = revisions.at(-1)
  const next = (latest?.revision ?? 0) + 1
  const found = revisions.findLast(r => sameStored(r.data, data))
  if (found && found === latest) return { revision: found, revisions, collisionCount }
  if (found) {
    const revision = await context.client.update(controllerRevision, { ...found, revision: next })
    return { revision, revisions: [...revisions.filter(r => r !== found), revision], collisionCount }
  }
  const made = await create(owner, data, next, hashLabel, context)
  return { ...made, revisions: [...revisions, made.revision] }
}

async function create(
  owner: HistoryOwner,
  data: ReturnType<typeof dataOf>,
  revision: number,
  hashLabel: string,
  { client }: ReconcileContext,
): Promise<Omit<CurrentRevision, 'revisions'>> {
  const { name, namespace, annotations } = owner.metadata
  for (let { collisionCount } = owner.status; ; collisionCount = (collisionCount ?? 0) + 1) {
    const hash = hashOf(data.spec.template, collisionCount)
    const metadata = {
      name: `${name}-${hash}`,
      namespace,
      annotations,
      labels: { ...owner.spec.template.metadata.labels, [hashLabel]: hash },
      ownerReferences: [controllerReference(owner)],
    }
    try {
      return { revision: await client.create(controllerRevision, { metadata, data, revision }), collisionCount }
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error
      const there = await client.get(controllerRevision, metadata)
      const own = there.metadata.ownerReferences?.some(r => r.controller && r.uid === owner.metadata.uid)
      if (own && sameStored(there.data, data)) return { revision: there, collisionCount }
    }
  }
}

/** Deletes the oldest revisions beyond the owner's limit, except those that are still in use. */
export async function collectRevisions(
  { spec }: HistoryOwner,
  revisions: readonly ControllerRevision[],
  inUse: (revision: ControllerRevision) => boolean,
  { client }: ReconcileContext,
): Promise<void> {
  const unused = revisions.filter(r => !inUse(r)).sort(byRevision)
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - spec.revisionHistoryLimit))) {
    try {
      await client.delete(controllerRevision, { metadata })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
  }
}

const byRevision = (a: ControllerRevision, b: ControllerRevision): number =>
  a.revision - b.revision || Date.parse(a.metadata.creationTimestamp!) - Date.parse(b.metadata.creationTimestamp!)

/** What a controller that keeps history writes. */
export const revisionWrites = [
  { kind: controllerRevision as unknown as Kind, verbs: ['create', 'delete', 'get', 'patch', 'update'] },
]
