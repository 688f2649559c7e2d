import type { Controller } from '../client/controller.ts'
import { attachDetachController } from './attachdetach.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation.ts'
import { cronJobController } from './cronjob.ts'
import { csrApprovingController } from './csr-approving.ts'
import { csrCleanerController } from './csr-cleaner.ts'
import { csrSigningController } from './csr-signing.ts'
import { daemonSetController } from './daemonset.ts'
import { deploymentController } from './deployment.ts'
import { deviceTaintEvictionController } from './device-taint-eviction.ts'
import { disruptionController } from './disruption.ts'
import { endpointsController } from './endpoints.ts'
import { endpointSliceController } from './endpointslice.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring.ts'
import { ephemeralVolumeController } from './ephemeral-volume.ts'
import { expandController } from './expand.ts'
import { garbageCollector } from './garbage-collector.ts'
import { horizontalPodAutoscalerController } from './horizontalpodautoscaler.ts'
import { ipAddressController } from './ipaddress.ts'
import { jobController } from './job.ts'
import { legacyServiceAccountTokenCleaner } from './legacy-serviceaccount-token-cleaner.ts'
import { legacyTokenTracking } from './legacy-token-tracking.ts'
import { namespaceController } from './namespace.ts'
import { nodeIpamController } from './node-ipam.ts'
import { type NodeLifecycleOptions, nodeLifecycleController } from './node-lifecycle.ts'
import { persistentVolumeBinder } from './persistentvolume-binder.ts'
import { type PodGcOptions, podGarbageCollector } from './pod-gc.ts'
import { pvProtectionController } from './pv-protection.ts'
import { pvcProtectionController } from './pvc-protection.ts'
import { replicaSetController } from './replicaset.ts'
import { replicationControllerController } from './replicationcontroller.ts'
import { resourceQuotaController } from './resource-quota.ts'
import { resourceClaimController } from './resourceclaim.ts'
import { rootCaCertPublisher } from './root-ca-cert-publisher.ts'
import { serviceAccountController } from './serviceaccount.ts'
import { type ServiceAccountTokenOptions, serviceAccountTokenController } from './serviceaccount-token.ts'
import { serviceCIDRController } from './servicecidr.ts'
import { namespacedKinds, ownedKinds } from './shared/stored-kinds.ts'
import { statefulSetController } from './statefulset.ts'
import { taintEvictionController } from './taint-eviction.ts'
import { tokenCleanerController } from './token-cleaner.ts'
import { ttlAfterFinishedController } from './ttl-after-finished.ts'
import { vacProtectionController } from './vac-protection.ts'
import { validatingAdmissionPolicyStatusController } from './validatingadmissionpolicy-status.ts'

/** What some controllers need to know of the cluster. */
export interface ControllerOptions extends NodeLifecycleOptions, PodGcOptions, ServiceAccountTokenOptions {
  /** PEM of the cluster's authority, which pods get as kube-root-ca.crt. */
  readonly ca: string
  /** PEM of the authority's key, where certificates are to be issued here. */
  readonly caKey?: string
  /** Whether DeviceTaintRules are served. */
  readonly deviceTaintRules?: boolean
  /** The pod network, as 10.244.0.0/16, if nodes are to get their parts of it here. */
  readonly podRange?: string
}

/** All controllers of a cluster. */
export const controllers = (options: ControllerOptions): readonly Controller[] => [
  attachDetachController(),
  clusterRoleAggregationController,
  cronJobController,
  csrApprovingController,
  csrCleanerController,
  ...(options.caKey ? [csrSigningController({ certificate: options.ca, key: options.caKey })] : []),
  daemonSetController,
  deploymentController,
  deviceTaintEvictionController({ rules: options.deviceTaintRules }),
  disruptionController,
  endpointsController,
  endpointSliceController,
  endpointSliceMirroringController,
  ephemeralVolumeController,
  expandController,
  garbageCollector(ownedKinds),
  horizontalPodAutoscalerController(),
  ipAddressController,
  jobController,
  legacyServiceAccountTokenCleaner,
  legacyTokenTracking,
  namespaceController(namespacedKinds),
  ...(options.podRange ? [nodeIpamController(options.podRange)] : []),
  nodeLifecycleController(options),
  persistentVolumeBinder,
  podGarbageCollector(options),
  pvProtectionController,
  pvcProtectionController,
  replicaSetController,
  replicationControllerController,
  resourceClaimController,
  resourceQuotaController(namespacedKinds),
  rootCaCertPublisher(options.ca),
  serviceAccountController,
  serviceAccountTokenController(options),
  serviceCIDRController,
  statefulSetController,
  taintEvictionController,
  tokenCleanerController,
  ttlAfterFinishedController,
  vacProtectionController,
  validatingAdmissionPolicyStatusController,
]
