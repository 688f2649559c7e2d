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
import { unchanged } from './unchanged.ts'

/** Versions of built-in kinds that upstream no longer has, served as other views of the current ones' objects. */
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
  ...unchanged,
]
