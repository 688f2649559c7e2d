import type { Kind } from '../../apimachinery/schema/kind.ts'
import { oldAdmissionRegistration } from './admissionregistration.ts'
import { oldApiExtensions } from './apiextensions.ts'
import { oldApps } from './apps.ts'
import { oldAutoscaling } from './autoscaling.ts'
import { oldCertificates } from './certificates.ts'
import { oldDiscovery } from './discovery.ts'
import { oldNetworking } from './networking.ts'
import { oldPolicy } from './policy.ts'
import { oldRbac } from './rbac.ts'
import { otherResource } from './resource.ts'
import { unchanged } from './unchanged.ts'

/**
 * The other versions of built-in kinds, served as views of the stored ones' objects: those that upstream no longer has, and
 * alpha and beta ones that it has, which are off by default here as there.
 */
export const oldVersions: readonly Kind[] = [
  ...oldAdmissionRegistration,
  ...oldApiExtensions,
  ...oldApps,
  ...oldAutoscaling,
  ...oldCertificates,
  ...oldDiscovery,
  ...oldNetworking,
  ...oldPolicy,
  ...oldRbac,
  ...otherResource,
  ...unchanged,
]
