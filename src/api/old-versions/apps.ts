import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { type Fields, int64, message, ref } from '../../apimachinery/schema/types.ts'
import { controllerRevision, daemonSet, deployment, replicaSet, statefulSet } from '../apps/index.ts'
import { annotate, takeAnnotation } from './annotations.ts'
import { type Difference, type OldVersion, oldVersion } from './old-version.ts'

/** Workloads in apps/v1beta1, apps/v1beta2 and extensions/v1beta1 (upstream's pkg/apis/extensions/v1beta1 and others). */

interface Workload extends KubeObject {
  spec: {
    selector?: { matchLabels?: Record<string, string> }
    template: { metadata: { labels?: Record<string, string> } }
  }
}

/** Without a selector the template's labels make one; without labels an object gets those of its template. */
function defaultLabels(workload: Workload): void {
  const { metadata, spec } = workload
  const { labels } = spec.template.metadata
  if (!labels) return
  spec.selector ??= { matchLabels: { ...labels } }
  if (!metadata.labels) metadata.labels = { ...labels }
}

const anySelector = (number: number) =>
  ref(number, labelSelector).doc("Which pods are its own; the template's labels when left out.")

const onDelete: Difference = {
  fields: fields => ({ ...fields, type: fields.type!.default('OnDelete') }),
}

const V1BETA1 = { version: 'v1beta1', deprecated: '1.8', removed: '1.16' } as const
const V1BETA2 = { version: 'v1beta2', deprecated: '1.9', removed: '1.16' } as const
const EXTENSIONS = { ...V1BETA1, group: 'extensions' } as const

/** No limit, as the oldest version says it. */
const NO_LIMIT = 2 ** 31 - 1
const ROLLBACK = 'deprecated.deployment.rollback.to'

const rollbackConfig = (name: string) =>
  message(
    `k8s.io.api.${name}.v1beta1.RollbackConfig`,
    { revision: int64(1).doc('The revision; 0 for the one before the last.') },
    { doc: 'Where to go back to.' },
  )

interface OldDeployment extends Workload {
  spec: Workload['spec'] & { rollbackTo?: { revision?: number } }
}

/** A version of Deployments that could be told to go back; the current one has an annotation for that. */
function rollingBack(
  name: string,
  limits: (fields: Fields) => Fields,
): Omit<OldVersion, 'version' | 'deprecated' | 'removed'> {
  const rollback = rollbackConfig(name)
  return {
    messages: {
      DeploymentSpec: {
        fields: fields => ({
          ...fields,
          selector: anySelector(2),
          rollbackTo: ref(8, rollback).doc('Tells it to go back to an older revision; then it is removed.'),
          ...limits(fields),
        }),
      },
    },
    defaults: defaultLabels as (object: KubeObject) => void,
    toCurrent(object) {
      const { metadata, spec } = object as OldDeployment
      if (spec.rollbackTo) annotate(metadata, ROLLBACK, String(spec.rollbackTo.revision ?? 0))
      return object
    },
    fromCurrent(object) {
      const { metadata, spec } = object as OldDeployment
      const revision = takeAnnotation(metadata, ROLLBACK)
      if (revision !== undefined) spec.rollbackTo = { revision: Number(revision) }
      return object
    },
  }
}

const limitsOf = (revisionHistoryLimit: number, progressDeadlineSeconds: number) => (fields: Fields) => ({
  revisionHistoryLimit: fields.revisionHistoryLimit!.default(revisionHistoryLimit),
  progressDeadlineSeconds: fields.progressDeadlineSeconds!.default(progressDeadlineSeconds),
})

const GENERATION = 'deprecated.daemonset.template.generation'

interface OldDaemonSet extends Workload {
  spec: Workload['spec'] & { templateGeneration?: number }
}

/** apps/v1beta1 and v1beta2, and their forerunners in extensions/v1beta1. */
export const oldApps = [
  oldVersion(deployment, { ...EXTENSIONS, ...rollingBack('extensions', limitsOf(NO_LIMIT, NO_LIMIT)) }),
  oldVersion(deployment, { ...V1BETA1, ...rollingBack('apps', limitsOf(2, 600)) }),
  oldVersion(deployment, V1BETA2),
  oldVersion(replicaSet, {
    ...EXTENSIONS,
    messages: { ReplicaSetSpec: { fields: fields => ({ ...fields, selector: anySelector(2) }) } },
    defaults: defaultLabels as (object: KubeObject) => void,
  }),
  oldVersion(replicaSet, V1BETA2),
  oldVersion(daemonSet, {
    ...EXTENSIONS,
    messages: {
      DaemonSetUpdateStrategy: onDelete,
      DaemonSetSpec: {
        fields: fields => ({
          ...fields,
          selector: anySelector(1),
          templateGeneration: int64(5).doc('Counts the changes of the template; set by the server.'),
        }),
      },
    },
    defaults: defaultLabels as (object: KubeObject) => void,
    toCurrent(object) {
      const { metadata, spec } = object as OldDaemonSet
      if (spec.templateGeneration !== undefined) annotate(metadata, GENERATION, String(spec.templateGeneration))
      return object
    },
    fromCurrent(object) {
      const { metadata, spec } = object as OldDaemonSet
      const generation = takeAnnotation(metadata, GENERATION)
      if (generation !== undefined) spec.templateGeneration = Number(generation)
      return object
    },
  }),
  oldVersion(daemonSet, V1BETA2),
  oldVersion(statefulSet, {
    ...V1BETA1,
    messages: {
      StatefulSetUpdateStrategy: onDelete,
      StatefulSetSpec: { fields: fields => ({ ...fields, selector: anySelector(2) }) },
    },
    defaults: defaultLabels as (object: KubeObject) => void,
  }),
  oldVersion(statefulSet, V1BETA2),
  oldVersion(controllerRevision, V1BETA1),
  oldVersion(controllerRevision, V1BETA2),
]
