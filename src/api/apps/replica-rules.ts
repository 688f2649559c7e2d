import type { At } from '../../apimachinery/validation/at.ts'
import { NEGATIVE_MESSAGE } from '../../apimachinery/validation/names.ts'

interface ReplicaStatus {
  readonly replicas: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly terminatingReplicas?: number
  readonly observedGeneration?: number
}
const COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'terminatingReplicas',
  'observedGeneration',
] as const

/** Counts of pods in the status of a ReplicaSet or ReplicationController: not negative, and parts not above the whole. */
export function validateReplicaStatus(status: ReplicaStatus, at: At): void {
  for (const field of COUNTS) {
    const value = status[field] ?? 0
    if (value < 0) at.child(field).invalid(value, NEGATIVE_MESSAGE)
  }
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const value = status[field] ?? 0
    if (value > status.replicas) at.child(field).invalid(value, 'cannot be greater than status.replicas')
  }
  const available = status.availableReplicas ?? 0
  if (available > (status.readyReplicas ?? 0)) {
    at.child('availableReplicas').invalid(available, 'cannot be greater than readyReplicas')
  }
}
