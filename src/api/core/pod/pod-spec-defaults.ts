import type { PodSpec } from './spec.ts'

/** Defaults of a pod's spec that are the same in pods and templates. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.securityContext ??= {}
  if (spec.serviceAccount) spec.serviceAccountName ??= spec.serviceAccount
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName
}
