import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'
import {
  certificateApproval,
  certificateRequester,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
  podCertificateSigning,
} from './certificates.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import { podSecurity } from './pod-security/pod-security.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { mutatingPolicies } from './policy/mutating.ts'
import { validatingPolicies } from './policy/validating.ts'
import { priority } from './priority.ts'
import { rbacEscalation } from './rbac-escalation.ts'
import { resourceQuota } from './resource-quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'
import { mutatingWebhooks } from './webhook/mutating.ts'
import { validatingWebhooks } from './webhook/validating.ts'

/** The plugins that are always on, in upstream's order (pkg/kubeapiserver/options AllOrderedPlugins). */
export const admissionPlugins = (server: ApiServer): AdmissionPlugin[] => [
  namespaceLifecycle(server),
  limitRanger(server),
  serviceAccount(server),
  nodeRestriction(server),
  taintNodesByCondition(),
  podSecurity(server),
  priority(server),
  defaultTolerationSeconds(),
  defaultStorageClass(server),
  storageObjectInUseProtection(),
  persistentVolumeClaimResize(server),
  runtimeClass(server),
  certificateRequester(),
  certificateApproval(server),
  certificateSigning(server),
  podCertificateSigning(server),
  clusterTrustBundleAttest(server),
  certificateSubjectRestriction(),
  defaultIngressClass(server),
  podTopologyLabels(server),
  rbacEscalation(server),
  mutatingPolicies(server),
  mutatingWebhooks(server),
  validatingPolicies(server),
  validatingWebhooks(server),
  resourceQuota(server),
]
