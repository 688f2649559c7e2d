import type { Kind } from '../apimachinery/schema/kind.ts'
import {
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
} from './admissionregistration/index.ts'
import { customResourceDefinition } from './apiextensions/index.ts'
import { apiService } from './apiregistration/index.ts'
import { storageVersion } from './apiserverinternal/index.ts'
import { controllerRevision, daemonSet, deployment, replicaSet, statefulSet } from './apps/index.ts'
import { selfSubjectReview, tokenRequest, tokenReview } from './authentication/index.ts'
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from './authorization/index.ts'
import { horizontalPodAutoscaler, horizontalPodAutoscalerV1, scale } from './autoscaling/index.ts'
import { cronJob, job } from './batch/index.ts'
import { certificateSigningRequest, clusterTrustBundle, podCertificateRequest } from './certificates/index.ts'
import { lease, leaseCandidate } from './coordination/index.ts'
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
import { flowSchema, priorityLevelConfiguration } from './flowcontrol/index.ts'
import { ingress, ingressClass, ipAddress, networkPolicy, serviceCIDR } from './networking/index.ts'
import { runtimeClass } from './node/index.ts'
import { eviction, podDisruptionBudget } from './policy/index.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac/index.ts'
import {
  deviceClass,
  deviceTaintRule,
  resourceClaim,
  resourceClaimTemplate,
  resourcePoolStatusRequest,
  resourceSlice,
} from './resource/index.ts'
import { podGroup, priorityClass, workload } from './scheduling/index.ts'
import {
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
} from './storage/index.ts'
import { storageVersionMigration } from './storagemigration/index.ts'

export {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfiguration,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfiguration,
} from './admissionregistration/index.ts'
export { type CustomResourceDefinition, customResourceDefinition } from './apiextensions/index.ts'
export {
  type ControllerRevision,
  controllerRevision,
  type DaemonSet,
  type Deployment,
  daemonSet,
  deployment,
  type ReplicaSet,
  replicaSet,
  type StatefulSet,
  statefulSet,
} from './apps/index.ts'
export {
  type SelfSubjectReview,
  selfSubjectReview,
  type TokenRequest,
  type TokenReview,
  tokenRequest,
  tokenReview,
} from './authentication/index.ts'
export {
  type LocalSubjectAccessReview,
  localSubjectAccessReview,
  type SelfSubjectAccessReview,
  type SelfSubjectRulesReview,
  type SubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from './authorization/index.ts'
export { type HorizontalPodAutoscaler, horizontalPodAutoscaler, type Scale, scale } from './autoscaling/index.ts'
export { type CronJob, cronJob, type Job, job } from './batch/index.ts'
export { type CertificateSigningRequest, certificateSigningRequest } from './certificates/index.ts'
export { type Lease, lease } from './coordination/index.ts'
export {
  type Binding,
  binding,
  type ComponentStatus,
  type ConfigMap,
  componentStatus,
  configMap,
  type Endpoints,
  type Event,
  endpoints,
  event,
  type LimitRange,
  limitRange,
  type Namespace,
  type Node,
  namespace,
  node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type PodTemplate,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  podTemplate,
  type ReplicationController,
  type ResourceQuota,
  replicationController,
  resourceQuota,
  type Secret,
  type Service,
  type ServiceAccount,
  secret,
  service,
  serviceAccount,
} from './core/index.ts'
export { type EndpointSlice, endpointSlice } from './discovery/index.ts'
export { type EventsEvent, eventFromCore, eventsEvent, eventToCore } from './events/index.ts'
export {
  type Ingress,
  type IngressClass,
  ingress,
  ingressClass,
  type NetworkPolicy,
  networkPolicy,
} from './networking/index.ts'
export { type RuntimeClass, runtimeClass } from './node/index.ts'
export { type Eviction, eviction, type PodDisruptionBudget, podDisruptionBudget } from './policy/index.ts'
export {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterRole,
  clusterRoleBinding,
  type Role,
  type RoleBinding,
  role,
  roleBinding,
} from './rbac/index.ts'
export { type PriorityClass, priorityClass } from './scheduling/index.ts'
export { type StorageClass, storageClass } from './storage/index.ts'

/** Every kind that is a resource of its own, in the version that is stored. */
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
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
  apiService,
  storageVersion,
  customResourceDefinition,
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
  horizontalPodAutoscalerV1,
  cronJob,
  job,
  certificateSigningRequest,
  clusterTrustBundle,
  podCertificateRequest,
  lease,
  leaseCandidate,
  endpointSlice,
  eventsEvent,
  flowSchema,
  priorityLevelConfiguration,
  ingress,
  ingressClass,
  ipAddress,
  networkPolicy,
  serviceCIDR,
  runtimeClass,
  podDisruptionBudget,
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
  deviceClass,
  deviceTaintRule,
  resourceClaim,
  resourceClaimTemplate,
  resourcePoolStatusRequest,
  resourceSlice,
  podGroup,
  priorityClass,
  workload,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
  storageVersionMigration,
]

/** Kinds that only subresources answer with or take. */
export const subresourceKinds: readonly Kind[] = [eviction, scale, tokenRequest]
