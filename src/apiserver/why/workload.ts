import { daemonSet, deployment, replicaSet, statefulSet } from '../../api/apps/index.ts'
import { job } from '../../api/batch/job.ts'
import { pod as podKind } from '../../api/core/pod.ts'
import { replicationController } from '../../api/core/replicationcontroller.ts'
import type { Cause } from '../../api/why/explanation.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { conditionCause, controllerCauses, deletionCauses } from './common.ts'
import { because, type Explained, type Explainer, explainer, type Why } from './explain.ts'
import { explainPod } from './pod.ts'

/** Causes of the objects below that are told; more of them seldom say more. */
const MAX_TOLD = 5

/** Conditions that tell of trouble when they hold, and those that tell of it when they do not. */
const BAD_WHEN: Readonly<Record<string, string>> = {
  ReplicaFailure: 'True',
  Progressing: 'False',
  Available: 'False',
  Failed: 'True',
  FailureTarget: 'True',
}

interface Workload extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[]
  }
}

/** What every workload has: its own trouble, then that of what it controls. */
function explainWith(object: Workload, why: Why, plural: string, summary: string, below: Cause[]): Explained {
  const conditions = (object.status?.conditions ?? []).filter(({ type, status }) => BAD_WHEN[type] === status)
  const own = [...deletionCauses(object), ...controllerCauses(object, plural, why)]
  const told = conditions
    .filter(({ message = '' }) => !own.some(cause => cause.message.includes(message) && message))
    .map(condition => conditionCause(condition, 'Controller'))
  // What is refused or fails below explains the conditions; it goes first.
  return { summary, causes: [...own, ...distinct(below), ...told] }
}

/** The causes of what an object controls. */
function childCauses<T extends KubeObject, I>(
  owner: KubeObject,
  kind: Kind<T, I>,
  explain: (child: T, why: Why) => Explained,
  why: Why,
): Cause[] {
  return why
    .list(kind, owner.metadata.namespace!)
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === owner.metadata.uid),
    )
    .flatMap(child => because(child, explain(child, why).causes))
}

/** Many pods have the same trouble: each is told once. */
function distinct(causes: readonly Cause[]): Cause[] {
  const known = new Map<string, Cause>()
  for (const cause of causes) {
    const key = `${cause.source} ${cause.reason} ${cause.message}`
    if (!known.has(key)) known.set(key, cause)
  }
  return [...known.values()].slice(0, MAX_TOLD)
}

const podCauses = (owner: KubeObject, why: Why) => childCauses(owner, podKind, explainPod.explain as never, why)

const suspended = (what: string): Cause => ({
  source: 'User',
  reason: 'Suspended',
  message: `It is suspended: spec.${what} is true`,
  remedy: `set spec.${what} to false`,
})

const explainReplicaSet = explainer(replicaSet, (rs, why) =>
  explainWith(
    rs,
    why,
    'replicasets',
    `${rs.status.readyReplicas ?? 0} of ${rs.spec.replicas} pods are ready`,
    podCauses(rs, why),
  ),
)

/** Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers and Jobs. */
export const explainWorkloads: readonly Explainer[] = [
  explainReplicaSet,
  explainer(deployment, (object, why) => {
    const { spec, status } = object
    const paused: Cause[] = spec.paused
      ? [{ ...suspended('paused'), reason: 'Paused', message: 'It is paused', remedy: 'kubectl rollout resume' }]
      : []
    const below = childCauses(object, replicaSet, explainReplicaSet.explain as never, why)
    const summary = `${status.readyReplicas ?? 0} of ${spec.replicas} pods are ready, ${status.updatedReplicas ?? 0} are of its newest template`
    return explainWith(object, why, 'deployments', summary, [...paused, ...below])
  }),
  explainer(statefulSet, (object, why) => {
    const summary = `${object.status.readyReplicas ?? 0} of ${object.spec.replicas} pods are ready`
    return explainWith(object, why, 'statefulsets', summary, podCauses(object, why))
  }),
  explainer(daemonSet, (object, why) => {
    const { numberReady, desiredNumberScheduled } = object.status
    return explainWith(
      object,
      why,
      'daemonsets',
      `${numberReady} of ${desiredNumberScheduled} pods are ready`,
      podCauses(object, why),
    )
  }),
  explainer(replicationController, (object, why) => {
    const summary = `${object.status.readyReplicas ?? 0} of ${object.spec.replicas} pods are ready`
    return explainWith(object, why, 'replicationcontrollers', summary, podCauses(object, why))
  }),
  explainer(job, (object, why) => {
    const { active = 0, succeeded = 0, failed = 0 } = object.status
    const summary = `${active} pods run, ${succeeded} have succeeded, ${failed} have failed`
    const below = object.spec.suspend ? [suspended('suspend')] : podCauses(object, why)
    return explainWith(object, why, 'jobs', summary, below)
  }),
]
