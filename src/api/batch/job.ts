import { formatLabelSelector } from '../../apimachinery/labels.ts'
import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  bool,
  type Infer,
  int32,
  int64,
  list,
  message,
  ref,
  string,
  time,
  types,
} from '../../apimachinery/schema/types.ts'
import { age, column, containers, images, wide } from '../columns.ts'
import { workloadWarnings } from '../core/pod/pod-warnings.ts'
import { podTemplateSpec } from '../core/pod/template.ts'
import { completionsOf, durationOf, stateOf } from './job-columns.ts'
import { prepareJob } from './job-prepare.ts'
import { validateJob, validateJobUpdate } from './job-rules.ts'

export const podFailurePolicyOnExitCodesRequirement = message(
  'k8s.io.api.batch.v1.PodFailurePolicyOnExitCodesRequirement',
  {
    containerName: string(1).pointer().doc('Only of this container; of all when not given.'),
    operator: string(2).present().doc('In or NotIn.'),
    values: list(3, types.int32).present().set().doc('The exit codes, sorted.'),
  },
  {
    doc: 'Exit codes that a rule is about.',
  },
)
export interface PodFailurePolicyOnExitCodesRequirement extends Infer<typeof podFailurePolicyOnExitCodesRequirement> {}

export const podFailurePolicyOnPodConditionsPattern = message(
  'k8s.io.api.batch.v1.PodFailurePolicyOnPodConditionsPattern',
  {
    type: string(1).present().doc('Its type.'),
    status: string(2).always().default('True').doc('Its status; True by default.'),
  },
  {
    doc: 'A condition of the pod that a rule is about.',
  },
)
export interface PodFailurePolicyOnPodConditionsPattern extends Infer<typeof podFailurePolicyOnPodConditionsPattern> {}

export const podFailurePolicyRule = message(
  'k8s.io.api.batch.v1.PodFailurePolicyRule',
  {
    action: string(1).present().doc('FailJob, FailIndex, Ignore or Count.'),
    onExitCodes: ref(2, podFailurePolicyOnExitCodesRequirement).doc('Exit codes it is about.'),
    onPodConditions: list(3, podFailurePolicyOnPodConditionsPattern)
      .atomic()
      .doc('Conditions it is about; one must hold.'),
  },
  {
    doc: 'What to do when a pod fails in a certain way.',
  },
)
export interface PodFailurePolicyRule extends Infer<typeof podFailurePolicyRule> {}

export const podFailurePolicy = message(
  'k8s.io.api.batch.v1.PodFailurePolicy',
  {
    rules: list(1, podFailurePolicyRule).present().atomic().doc('The rules; the first that fits counts.'),
  },
  {
    doc: 'What to do when pods fail.',
  },
)
export interface PodFailurePolicy extends Infer<typeof podFailurePolicy> {}

export const successPolicyRule = message(
  'k8s.io.api.batch.v1.SuccessPolicyRule',
  {
    succeededIndexes: string(1).pointer().doc('When these indexes are done, as 0-2,5.'),
    succeededCount: int32(2).pointer().doc('When so many are done.'),
  },
  {
    doc: 'When a job counts as done before all is.',
  },
)
export interface SuccessPolicyRule extends Infer<typeof successPolicyRule> {}

export const successPolicy = message(
  'k8s.io.api.batch.v1.SuccessPolicy',
  {
    rules: list(1, successPolicyRule).present().atomic().doc('The rules; one must hold.'),
  },
  {
    doc: 'When a job counts as done before all is.',
  },
)
export interface SuccessPolicy extends Infer<typeof successPolicy> {}

export const jobSpec = message(
  'k8s.io.api.batch.v1.JobSpec',
  {
    parallelism: int32(1).pointer().doc('How many run at a time; 1 by default.'),
    completions: int32(2).pointer().doc('How often; with neither this nor parallelism, once.'),
    activeDeadlineSeconds: int64(3).pointer().doc('Seconds after which it fails.'),
    podFailurePolicy: ref(11, podFailurePolicy).doc('What to do when pods fail.'),
    successPolicy: ref(16, successPolicy).doc('When it counts as done before all is.'),
    backoffLimit: int32(7).pointer().doc('How often a pod may fail.'),
    backoffLimitPerIndex: int32(12).pointer().doc('How often a pod of one index may fail.'),
    maxFailedIndexes: int32(13).pointer().doc('How many indexes may fail.'),
    selector: ref(4, labelSelector).doc('Which pods are its own; chosen by the server.'),
    manualSelector: bool(5).pointer().default(false).doc('Whether the selector was chosen by the writer.'),
    template: ref(6, podTemplateSpec).present().doc('What the pods are made from.'),
    ttlSecondsAfterFinished: int32(8).pointer().doc('Seconds after its end until it is deleted.'),
    completionMode: string(9)
      .pointer()
      .default('NonIndexed')
      .doc('NonIndexed, or Indexed: each pod has a number of its own.'),
    suspend: bool(10).pointer().default(false).doc('Whether it waits.'),
    podReplacementPolicy: string(14).pointer().doc('When a pod is replaced: TerminatingOrFailed or Failed.'),
    managedBy: string(15).pointer().doc('Who manages it, if not the Job controller.'),
  },
  {
    doc: 'How often pods run to their end, and what they are like.',
    defaults(spec) {
      if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
      spec.parallelism ??= 1
      spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
      spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1
    },
  },
)
export interface JobSpec extends Infer<typeof jobSpec> {}

export const uncountedTerminatedPods = message(
  'k8s.io.api.batch.v1.UncountedTerminatedPods',
  {
    succeeded: list(1, types.string).set().doc('UIDs of those that succeeded.'),
    failed: list(2, types.string).set().doc('UIDs of those that failed.'),
  },
  {
    doc: 'Pods that have ended but are not counted yet.',
  },
)
export interface UncountedTerminatedPods extends Infer<typeof uncountedTerminatedPods> {}

export const jobCondition = message(
  'k8s.io.api.batch.v1.JobCondition',
  {
    type: string(1).present().doc('What is observed: Complete, Failed, Suspended, ...'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastProbeTime: time(3).doc('When it was last looked at.'),
    lastTransitionTime: time(4).doc('When the status last changed.'),
    reason: string(5).doc('Why it last changed, as one CamelCase word.'),
    message: string(6).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a Job.',
  },
)
export interface JobCondition extends Infer<typeof jobCondition> {}

export const jobStatus = message(
  'k8s.io.api.batch.v1.JobStatus',
  {
    conditions: list(1, jobCondition).atomic().patchMerge('type').doc('Observations, by type.'),
    startTime: time(2).pointer().doc('When it started.'),
    completionTime: time(3).pointer().doc('When it was done.'),
    active: int32(4).doc('How many pods run.'),
    succeeded: int32(5).doc('How many have succeeded.'),
    failed: int32(6).doc('How many have failed.'),
    terminating: int32(11).pointer().doc('How many are ending.'),
    completedIndexes: string(7).doc('The indexes that are done, as 0-2,5.'),
    failedIndexes: string(10).pointer().doc('The indexes that have failed.'),
    uncountedTerminatedPods: ref(8, uncountedTerminatedPods).doc('Pods that are not counted yet.'),
    ready: int32(9).pointer().doc('How many pods are ready.'),
  },
  {
    doc: 'What is known of a Job.',
  },
)
export interface JobStatus extends Infer<typeof jobStatus> {}

const fields = {
  spec: ref(2, jobSpec).always().doc('How often, and what they are like.'),
  status: ref(3, jobStatus).always().doc('What is known of it.'),
}
export interface Job extends ObjectOf<typeof fields> {}

const columns: readonly Column<Job>[] = [
  column('Status', stateOf, 'What it is doing.'),
  column('Completions', completionsOf, 'How often pods have succeeded, of how often they should.'),
  column('Duration', durationOf, 'How long it has taken.'),
  age,
  containers(({ spec }) => spec.template.spec.containers),
  images(({ spec }) => spec.template.spec.containers),
  wide('Selector', ({ spec }) => formatLabelSelector(spec.selector), 'Which pods are its own.'),
]

export const job = kind({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Runs pods until they have succeeded a number of times.',
  fields,
  defaults({ metadata, spec }) {
    const { labels } = spec.template.metadata
    if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
  },
  prepareForCreate(job) {
    prepareJob(job)
  },
  validate(job, at) {
    validateJob(job.spec, at.child('spec'))
  },
  validateUpdate(job, old, at) {
    validateJobUpdate(job, old, at.child('spec'))
  },
  warnings: (object, old) => workloadWarnings(object, old, object.spec.template, 'spec.template'),
  selectableFields: { 'status.successful': ({ status }) => String(status.succeeded ?? 0) },
  columns,
})
