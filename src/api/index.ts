import type { Kind } from '../apimachinery/schema/kind.ts'
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from './admissionregistration/index.ts'
import { controllerRevision, daemonSet, deployment, replicaSet, statefulSet } from './apps/index.ts'
import { selfSubjectReview, tokenRequest, tokenReview } from './authentication/index.ts'
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from './authorization/index.ts'
import { horizontalPodAutoscaler, scale } from './autoscaling/index.ts'
import { cronJob, job } from './batch/index.ts'
import { certificateSigningRequest } from './certificates/index.ts'
import { lease } from './coordination/index.ts'
import {
  binding,
  componentStatus,
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  service,
  serviceAccount,
} from './core/index.ts'
import { endpointSlice } from './discovery/index.ts'
import { eventsEvent } from './events/index.ts'
import { ingress, ingressClass, networkPolicy } from './networking/index.ts'
import { runtimeClass } from './node/index.ts'
import { eviction, podDisruptionBudget } from './policy/index.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac/index.ts'
import { priorityClass } from './scheduling/index.ts'
import { storageClass } from './storage/index.ts'

export * from './admissionregistration/index.ts'
export * from './apps/index.ts'
export * from './authentication/index.ts'
export * from './authorization/index.ts'
export * from './autoscaling/index.ts'
export * from './batch/index.ts'
export * from './certificates/index.ts'
export * from './coordination/index.ts'
export * from './core/index.ts'
export * from './discovery/index.ts'
export * from './events/index.ts'
export * from './networking/index.ts'
export * from './node/index.ts'
export * from './policy/index.ts'
export * from './rbac/index.ts'
export * from './scheduling/index.ts'
export * from './storage/index.ts'

/** Every kind that is a resource of its own. */
export const allKinds: readonly Kind[] = [
  binding,
  componentStatus,
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  service,
  serviceAccount,
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  selfSubjectReview,
  tokenReview,
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
  horizontalPodAutoscaler,
  cronJob,
  job,
  certificateSigningRequest,
  lease,
  endpointSlice,
  eventsEvent,
  ingress,
  ingressClass,
  networkPolicy,
  runtimeClass,
  podDisruptionBudget,
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
  priorityClass,
  storageClass,
]

/** Kinds that only subresources answer with or take. */
export const subresourceKinds: readonly Kind[] = [eviction, scale, tokenRequest]
