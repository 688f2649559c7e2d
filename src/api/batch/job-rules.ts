import { deepEqual } from '../../apimachinery/json.ts'
import { type Labels, selectorOf } from '../../apimachinery/labels.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE, isDomainPrefixedPath, NEGATIVE_MESSAGE } from '../../apimachinery/validation/names.ts'
import { describeChanges } from '../changes.ts'
import type { Job, JobSpec, PodFailurePolicyRule } from './job.ts'

/** The rules of Jobs, after upstream's pkg/apis/batch/validation. */

const NOT_NEGATIVE = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const
const MODES = ['Indexed', 'NonIndexed']
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed']
const MAX_INDEXED_PARALLELISM = 100_000
const MAX_FAILED_INDEXES = 100_000
const MAX_MANAGED_BY = 63

function validateIndexed(spec: JobSpec, at: At): void {
  const { completionMode, completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec
  if (!MODES.includes(completionMode)) at.child('completionMode').notSupported(completionMode, MODES)
  if (completionMode === 'Indexed') {
    if (completions === undefined) {
      at.child('completions').required('when completion mode is Indexed')
    }
    if (parallelism > MAX_INDEXED_PARALLELISM) {
      at.child('parallelism').invalid(
        parallelism,
        `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`,
      )
    }
  } else {
    if (backoffLimitPerIndex !== undefined) {
      at.child('backoffLimitPerIndex').invalid(backoffLimitPerIndex, 'requires indexed completion mode')
    }
    if (maxFailedIndexes !== undefined) {
      at.child('maxFailedIndexes').invalid(maxFailedIndexes, 'requires indexed completion mode')
    }
  }
  if (maxFailedIndexes === undefined) return
  const place = at.child('maxFailedIndexes')
  if (backoffLimitPerIndex === undefined) {
    at.child('backoffLimitPerIndex').required('when maxFailedIndexes is specified')
  }
  if (completions !== undefined && maxFailedIndexes > completions) {
    place.invalid(maxFailedIndexes, 'must be less than or equal to completions')
  }
  if (maxFailedIndexes > MAX_FAILED_INDEXES) {
    place.invalid(maxFailedIndexes, `must be less than or equal to ${MAX_FAILED_INDEXES}`)
  }
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']
const STATUSES = ['False', 'True', 'Unknown']
const MAX_CODES = 255

function validateFailureRule(rule: PodFailurePolicyRule, spec: JobSpec, at: At): void {
  const { action, onExitCodes: codes, onPodConditions: conditions } = rule
  if (action === '') at.child('action').required(`valid values: "${ACTIONS.join('", "')}"`)
  else if (!ACTIONS.includes(action)) at.child('action').notSupported(action, ACTIONS)
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    at.child('action').invalid(action, 'requires the backoffLimitPerIndex to be set')
  }
  if (!codes && !conditions) {
    at.invalid(null, 'specifying one of OnExitCodes and OnPodConditions is required')
  }
  if (codes && conditions) {
    at.invalid(null, 'specifying both OnExitCodes and OnPodConditions is not supported')
  }
  conditions?.forEach(({ status }, i) => {
    const place = at.child('onPodConditions').index(i).child('status')
    if (!STATUSES.includes(status)) place.notSupported(status, STATUSES)
  })
  if (!codes) return
  const place = at.child('onExitCodes')
  if (!OPERATORS.includes(codes.operator)) place.child('operator').notSupported(codes.operator, OPERATORS)
  const valuesAt = place.child('values')
  if (codes.values.length === 0) valuesAt.invalid(codes.values, 'at least one value is required')
  else if (codes.values.length > MAX_CODES) valuesAt.tooMany(codes.values.length, MAX_CODES)
  const sorted = codes.values.every((code, i) => i === 0 || codes.values[i - 1]! <= code)
  if (!sorted) valuesAt.invalid(codes.values, 'must be ordered')
  codes.values.forEach((code, i) => {
    if (codes.values.indexOf(code) < i) valuesAt.index(i).duplicate(code)
    if (code === 0 && codes.operator === 'In') {
      valuesAt.index(i).invalid(code, 'must not be 0 for the In operator')
    }
  })
  const name = codes.containerName
  const pod = spec.template.spec
  const known = [...pod.containers, ...(pod.initContainers ?? [])].some(container => container.name === name)
  if (name !== undefined && !known) {
    place
      .child('containerName')
      .invalid(name, 'must be one of the container or initContainer names in the pod template')
  }
}

function validateTemplate({ template, podFailurePolicy }: JobSpec, at: At): void {
  const policy = template.spec.restartPolicy
  const place = at.child('template', 'spec', 'restartPolicy')
  if (policy !== 'OnFailure' && policy !== 'Never') {
    place.required('valid values: "OnFailure", "Never"')
  } else if (podFailurePolicy && policy !== 'Never') {
    place.invalid(policy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}

export function validateJob(spec: JobSpec, at: At): void {
  for (const field of NOT_NEGATIVE) {
    const value = spec[field]
    if (value !== undefined && value < 0) at.child(field).invalid(value, NEGATIVE_MESSAGE)
  }
  validateIndexed(spec, at)
  validateTemplate(spec, at)
  spec.podFailurePolicy?.rules.forEach((rule, i) => {
    validateFailureRule(rule, spec, at.child('podFailurePolicy', 'rules').index(i))
  })
  const replacement = spec.podReplacementPolicy
  if (replacement !== undefined && !REPLACEMENTS.includes(replacement)) {
    at.child('podReplacementPolicy').notSupported(replacement, REPLACEMENTS)
  }
  if (spec.podFailurePolicy && replacement !== undefined && replacement !== 'Failed') {
    at.child('podReplacementPolicy').notSupported(replacement, ['Failed'])
  }
  if (spec.managedBy !== undefined) {
    at.child('managedBy').invalidEach(spec.managedBy, isDomainPrefixedPath(spec.managedBy))
    if (spec.managedBy.length > MAX_MANAGED_BY) at.child('managedBy').tooLong(MAX_MANAGED_BY)
  }
  if (!spec.selector) return
  const { labels } = spec.template.metadata
  if (!matches(spec.selector, labels)) {
    at.child('template', 'metadata', 'labels').invalid(labels ?? null, '`selector` does not match template `labels`')
  }
}

/** What is no selector has been told of already. */
function matches(selector: JobSpec['selector'], labels: Labels | undefined): boolean {
  try {
    return selectorOf(selector).matches(labels)
  } catch {
    return true
  }
}

/** What may change of the template while a Job waits that has not started: where its pods are placed. */
function withoutPlacement({ spec, metadata }: JobSpec['template']) {
  const {
    nodeSelector: _selector,
    tolerations: _tolerations,
    affinity: _affinity,
    schedulingGates: _gates,
    ...rest
  } = spec
  const { labels: _labels, annotations: _annotations, ...meta } = metadata
  return { spec: rest, metadata: meta }
}

export function validateJobUpdate({ spec }: Job, { spec: old, status }: Job, at: At): void {
  const fixed = (field: keyof JobSpec) => {
    if (!deepEqual(spec[field], old[field])) at.child(field).invalid(spec[field] ?? null, IMMUTABLE_MESSAGE)
  }
  if (spec.completionMode !== 'Indexed' || spec.completions !== spec.parallelism) fixed('completions')
  for (const field of [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ] as const) {
    fixed(field)
  }
  const mayMove = old.suspend && !status.startTime
  const [now, before] = mayMove
    ? [withoutPlacement(spec.template), withoutPlacement(old.template)]
    : [spec.template, old.template]
  if (describeChanges(before, now)) at.child('template').invalid(spec.template, IMMUTABLE_MESSAGE)
}
