import { formatLabelSelector } from '../../apimachinery/labels.ts'
import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, int32, int64, list, message, ref, string, time } from '../../apimachinery/schema/types.ts'
import { age, column, containers, count, images, since, wide } from '../columns.ts'
import { workloadWarnings } from '../core/pod/pod-warnings.ts'
import { objectReference } from '../core/references.ts'
import { validateCronJob } from './cronjob-rules.ts'
import { jobSpec } from './job.ts'

export const jobTemplateSpec = message(
  'k8s.io.api.batch.v1.JobTemplateSpec',
  {
    metadata: ref(1, objectMeta).always().doc('Labels and annotations of the Jobs.'),
    spec: ref(2, jobSpec).always().doc('What the Jobs are like.'),
  },
  {
    doc: 'What Jobs are made from.',
  },
)
export interface JobTemplateSpec extends Infer<typeof jobTemplateSpec> {}

export const cronJobSpec = message(
  'k8s.io.api.batch.v1.CronJobSpec',
  {
    schedule: string(1).present().doc("When, in cron's form."),
    timeZone: string(8).pointer().doc('The time zone of the schedule; that of the controller by default.'),
    startingDeadlineSeconds: int64(2).pointer().min(0).doc('Seconds late that a Job may still start.'),
    concurrencyPolicy: string(3)
      .default('Allow')
      .oneOf('Allow', 'Forbid', 'Replace')
      .doc('What happens when the last Job still runs: Allow, Forbid or Replace.'),
    suspend: bool(4).pointer().default(false).doc('Whether no more are started.'),
    jobTemplate: ref(5, jobTemplateSpec).present().doc('What the Jobs are made from.'),
    successfulJobsHistoryLimit: int32(6).pointer().default(3).min(0).doc('How many Jobs that succeeded are kept.'),
    failedJobsHistoryLimit: int32(7).pointer().default(1).min(0).doc('How many Jobs that failed are kept.'),
  },
  {
    doc: 'When Jobs are started, and what they are like.',
  },
)
export interface CronJobSpec extends Infer<typeof cronJobSpec> {}

export const cronJobStatus = message(
  'k8s.io.api.batch.v1.CronJobStatus',
  {
    active: list(1, objectReference).atomic().doc('The Jobs that run.'),
    lastScheduleTime: time(4).pointer().doc('When one was last started.'),
    lastSuccessfulTime: time(5).pointer().doc('When one last succeeded.'),
  },
  {
    doc: 'What is known of a CronJob.',
  },
)
export interface CronJobStatus extends Infer<typeof cronJobStatus> {}

const fields = {
  spec: ref(2, cronJobSpec).present().doc('When, and what they are like.'),
  status: ref(3, cronJobStatus).always().doc('What is known of it.'),
}
export interface CronJob extends ObjectOf<typeof fields> {}

const columns: readonly Column<CronJob>[] = [
  column('Schedule', ({ spec }) => spec.schedule, 'When Jobs are started.'),
  column('Timezone', ({ spec }) => spec.timeZone ?? '<none>', 'The time zone of the schedule.'),
  {
    ...column('Suspend', ({ spec }) => (spec.suspend ? 'True' : 'False'), 'Whether no more are started.'),
    type: 'boolean',
  },
  count('Active', ({ status }) => status.active?.length ?? 0, 'How many Jobs run.'),
  column(
    'Last Schedule',
    ({ status }, now) => (status.lastScheduleTime ? since(status.lastScheduleTime, now) : '<none>'),
    'When one was last started.',
  ),
  age,
  containers(({ spec }) => spec.jobTemplate.spec.template.spec.containers),
  images(({ spec }) => spec.jobTemplate.spec.template.spec.containers),
  wide('Selector', ({ spec }) => formatLabelSelector(spec.jobTemplate.spec.selector), 'Which pods are its own.'),
]

export const cronJob = kind({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Starts Jobs by a schedule.',
  fields,
  validate(cronJob, at) {
    validateCronJob(cronJob, at)
  },
  warnings: (object, old) =>
    workloadWarnings(object, old, object.spec.jobTemplate.spec.template, 'spec.jobTemplate.spec.template'),
  columns,
})
