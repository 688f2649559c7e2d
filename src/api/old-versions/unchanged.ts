import { cronJob } from '../batch/index.ts'
import { clusterTrustBundle } from '../certificates/index.ts'
import { lease, leaseCandidate } from '../coordination/index.ts'
import { eventsEvent } from '../events/index.ts'
import { ipAddress, serviceCIDR } from '../networking/index.ts'
import { runtimeClass } from '../node/index.ts'
import { priorityClass } from '../scheduling/index.ts'
import {
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
} from '../storage/index.ts'
import { oldVersion } from './old-version.ts'

const version = 'v1beta1'

/** Versions that became the stored one as they were. */
export const unchanged = [
  oldVersion(cronJob, { version, deprecated: '1.21', removed: '1.25', borrowed: ['JobSpec'] }),
  oldVersion(clusterTrustBundle, { version: 'v1alpha1', deprecated: '1.34', removed: '1.37', replacement: false }),
  oldVersion(lease, { version, deprecated: '1.19', removed: '1.22' }),
  oldVersion(leaseCandidate, { version: 'v1alpha2', deprecated: '1.35', removed: '1.38', replacement: false }),
  oldVersion(eventsEvent, { version, deprecated: '1.22', removed: '1.25', replacement: false }),
  oldVersion(ipAddress, { version, deprecated: '1.34', removed: '1.37', replacement: false }),
  oldVersion(serviceCIDR, { version, deprecated: '1.34', removed: '1.37', replacement: false }),
  oldVersion(runtimeClass, { version, deprecated: '1.22', removed: '1.25', replacement: false }),
  oldVersion(priorityClass, { version, deprecated: '1.14', removed: '1.22' }),
  oldVersion(csiDriver, { version, deprecated: '1.19', removed: '1.22' }),
  oldVersion(csiNode, { version, deprecated: '1.17', removed: '1.22' }),
  oldVersion(csiStorageCapacity, { version, deprecated: '1.24', removed: '1.27' }),
  oldVersion(storageClass, { version, deprecated: '1.19', removed: '1.22' }),
  oldVersion(volumeAttachment, { version, deprecated: '1.19', removed: '1.22' }),
  oldVersion(volumeAttributesClass, { version, deprecated: '1.34', removed: '1.37' }),
]
