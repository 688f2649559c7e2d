import type { At } from '../../apimachinery/validation/at.ts'
import { NEGATIVE_MESSAGE } from '../../apimachinery/validation/names.ts'
import { describeChanges } from '../changes.ts'
import { isNone, validateAtMostAll, validateIntOrPercent } from './int-or-percent.ts'
import type { StatefulSetSpec, StatefulSetStatus } from './statefulset.ts'
import { validateSelectedTemplate } from './template-rules.ts'

function validateStrategy({ type, rollingUpdate }: StatefulSetSpec['updateStrategy'], at: At): void {
  const place = at.child('rollingUpdate')
  if (type === 'OnDelete') {
    if (rollingUpdate) place.invalid(rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")
    return
  }
  if (type !== 'RollingUpdate') {
    at.child('type').invalid(type, "must be 'RollingUpdate' or 'OnDelete'")
    return
  }
  const most = rollingUpdate?.maxUnavailable
  if (most === undefined) return
  const mostAt = place.child('maxUnavailable')
  validateIntOrPercent(most, mostAt)
  if (isNone(most)) mostAt.invalid(most, 'cannot be 0')
  validateAtMostAll(most, mostAt)
}

export function validateStatefulSet(spec: StatefulSetSpec, at: At): void {
  if (spec.podManagementPolicy !== 'OrderedReady' && spec.podManagementPolicy !== 'Parallel') {
    at.child('podManagementPolicy').invalid(spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")
  }
  validateStrategy(spec.updateStrategy, at.child('updateStrategy'))
  validateSelectedTemplate(spec, 'statefulset', 'StatefulSet', at)
  excuseClaimVolumes(spec, at)
}

const VOLUME_NAME = /^spec\.template\.spec\.\w+\[\d+\]\.volume(Mounts|Devices)\[\d+\]\.name$/

/** Volumes of claim templates are added when pods are made: the pod template's own rules do not find them. */
function excuseClaimVolumes({ volumeClaimTemplates = [] }: StatefulSetSpec, { errors }: At): void {
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => `Not found: ${JSON.stringify(metadata.name)}`))
  const kept = errors.filter(({ field, message }) => !(VOLUME_NAME.test(field) && names.has(message)))
  errors.splice(0, errors.length, ...kept)
}

const CHANGEABLE = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
]

export function validateStatefulSetUpdate(spec: StatefulSetSpec, old: StatefulSetSpec, at: At): void {
  const fixed = (of: StatefulSetSpec) =>
    Object.fromEntries(Object.entries(of).filter(([field]) => !CHANGEABLE.includes(field)))
  if (describeChanges(fixed(old), fixed(spec)) === '') return
  at.forbidden(
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  )
}

const COUNTS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const
const PARTS = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const

export function validateStatefulSetStatus(status: StatefulSetStatus, old: StatefulSetStatus, at: At): void {
  for (const field of COUNTS) {
    const value = status[field] ?? 0
    if (value < 0) at.child(field).invalid(value, NEGATIVE_MESSAGE)
  }
  for (const field of PARTS) {
    const value = status[field] ?? 0
    if (value > status.replicas) at.child(field).invalid(value, 'cannot be greater than status.replicas')
  }
  const available = status.availableReplicas ?? 0
  if (available > (status.readyReplicas ?? 0)) {
    at.child('availableReplicas').invalid(available, 'cannot be greater than status.readyReplicas')
  }
  if ((status.collisionCount ?? 0) < (old.collisionCount ?? 0)) {
    at.child('collisionCount').invalid(status.collisionCount ?? null, 'cannot be decremented')
  }
}
