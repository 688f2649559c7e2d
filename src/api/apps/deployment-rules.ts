import type { IntOrString } from '../../apimachinery/intstr.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { NEGATIVE_MESSAGE } from '../../apimachinery/validation/names.ts'
import type { DeploymentSpec, DeploymentStatus } from './deployment.ts'
import { isNone, validateAtMostAll, validateIntOrPercent } from './int-or-percent.ts'
import { validateSelectedTemplate } from './template-rules.ts'

interface Strategy {
  readonly type: string
  rollingUpdate?: { maxUnavailable?: IntOrString; maxSurge?: IntOrString }
}
const QUARTER = '25%'

export function defaultDeploymentStrategy(strategy: Strategy): void {
  if (strategy.type !== 'RollingUpdate') return
  strategy.rollingUpdate ??= {}
  strategy.rollingUpdate.maxUnavailable ??= QUARTER
  strategy.rollingUpdate.maxSurge ??= QUARTER
}

function validateStrategy({ type, rollingUpdate }: Strategy, at: At): void {
  const place = at.child('rollingUpdate')
  if (type === 'Recreate' && rollingUpdate) {
    place.forbidden("may not be specified when strategy `type` is 'Recreate'")
  }
  if (type !== 'RollingUpdate' || !rollingUpdate) return
  const { maxUnavailable = QUARTER, maxSurge = QUARTER } = rollingUpdate
  validateIntOrPercent(maxUnavailable, place.child('maxUnavailable'))
  validateIntOrPercent(maxSurge, place.child('maxSurge'))
  if (isNone(maxUnavailable) && isNone(maxSurge)) {
    place.child('maxUnavailable').invalid(maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  }
  validateAtMostAll(maxUnavailable, place.child('maxUnavailable'))
}

export function validateDeployment(spec: DeploymentSpec, at: At): void {
  validateSelectedTemplate(spec, 'deployment', 'ReplicaSet', at)
  validateStrategy(spec.strategy, at.child('strategy'))
  if (spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) {
    at.child('progressDeadlineSeconds').invalid(spec.progressDeadlineSeconds, 'must be greater than minReadySeconds')
  }
}

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
] as const
const PARTS = ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const

export function validateDeploymentStatus(status: DeploymentStatus, old: DeploymentStatus, at: At): void {
  for (const field of COUNTS) {
    const value = status[field] ?? 0
    if (value < 0) at.child(field).invalid(value, NEGATIVE_MESSAGE)
  }
  for (const field of PARTS) {
    const value = status[field] ?? 0
    if (value > (status.replicas ?? 0)) at.child(field).invalid(value, 'cannot be greater than status.replicas')
  }
  const available = status.availableReplicas ?? 0
  if (available > (status.readyReplicas ?? 0)) {
    at.child('availableReplicas').invalid(available, 'cannot be greater than readyReplicas')
  }
  if ((status.collisionCount ?? 0) < (old.collisionCount ?? 0)) {
    at.child('collisionCount').invalid(status.collisionCount ?? null, 'cannot be decremented')
  }
}
