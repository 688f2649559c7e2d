import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, int64, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { age, column, flag } from '../columns.ts'
import { validateCSIDriver, validateCSIDriverUpdate } from './csidriver-rules.ts'

export const tokenRequest = message(
  'k8s.io.api.storage.v1.TokenRequest',
  {
    audience: string(1).present().doc('Whom the token is for; the API server when empty.'),
    expirationSeconds: int64(2).pointer().doc('Seconds until it expires.'),
  },
  { doc: 'A service account token that a driver wants to be given.' },
)
export interface TokenRequest extends Infer<typeof tokenRequest> {}

export const csiDriverSpec = message(
  'k8s.io.api.storage.v1.CSIDriverSpec',
  {
    attachRequired: bool(1)
      .pointer()
      .default(true)
      .doc('Whether volumes are attached to a node before they are mounted.'),
    podInfoOnMount: bool(2).pointer().default(false).doc('Whether the driver is told about the pod when it mounts.'),
    volumeLifecycleModes: list(3, types.string).set().doc('What volumes it has: Persistent, Ephemeral or both.'),
    storageCapacity: bool(4)
      .pointer()
      .default(false)
      .doc('Whether the scheduler asks the CSIStorageCapacity objects before it chooses a node.'),
    fsGroupPolicy: string(5)
      .pointer()
      .default('ReadWriteOnceWithFSType')
      .oneOf('File', 'None', 'ReadWriteOnceWithFSType')
      .doc('When owner and mode of the volume are changed: ReadWriteOnceWithFSType, File or None.'),
    tokenRequests: list(6, tokenRequest).atomic().doc('Service account tokens that the driver wants.'),
    requiresRepublish: bool(7).pointer().default(false).doc('Whether mounting is repeated from time to time.'),
    seLinuxMount: bool(8).pointer().default(false).doc('Whether it can mount with an SELinux context.'),
    nodeAllocatableUpdatePeriodSeconds: int64(9)
      .pointer()
      .doc('Seconds after which the number of volumes a node can have is asked again; 10 at least.'),
    serviceAccountTokenInSecrets: bool(10)
      .pointer()
      .doc('Whether tokens are handed over among the secrets instead of the volume context.'),
    preventPodSchedulingIfMissing: bool(11)
      .pointer()
      .doc('Whether pods go only to nodes that have the driver (alpha).'),
  },
  {
    doc: 'How a CSI driver is used.',
    defaults(spec) {
      if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
    },
    validate(spec, at) {
      validateCSIDriver(spec, at)
    },
  },
)
export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}

const fields = {
  spec: ref(2, csiDriverSpec).present().doc('How it is used.'),
}
export interface CSIDriver extends ObjectOf<typeof fields> {}

const columns: readonly Column<CSIDriver>[] = [
  flag('AttachRequired', ({ spec }) => spec.attachRequired, 'Whether volumes are attached first.'),
  flag('PodInfoOnMount', ({ spec }) => spec.podInfoOnMount, 'Whether it is told about the pod.'),
  flag('StorageCapacity', ({ spec }) => spec.storageCapacity, 'Whether it says how much there is where.'),
  column(
    'TokenRequests',
    ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
    'Audiences of the tokens it wants.',
  ),
  flag('RequiresRepublish', ({ spec }) => spec.requiresRepublish, 'Whether mounting is repeated.'),
  column('Modes', ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>', 'What volumes it has.'),
  age,
]

export const csiDriver = kind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  scope: 'Cluster',
  doc: 'A CSI driver of the cluster, and how it is used.',
  fields,
  validateUpdate(driver, old, at) {
    validateCSIDriverUpdate(driver.spec, old.spec, at.child('spec'))
  },
  columns,
})
