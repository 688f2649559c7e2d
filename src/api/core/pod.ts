import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { ref } from '../../apimachinery/schema/types.ts'
import { podColumns } from './pod/columns.ts'
import { defaultPod, preparePodForCreate } from './pod/pod-defaults.ts'
import { validatePod, validatePodCreate, validatePodStatusUpdate } from './pod/pod-rules.ts'
import { validatePodUpdate } from './pod/pod-update-rules.ts'
import { podWarnings } from './pod/pod-warnings.ts'
import { podSpec } from './pod/spec.ts'
import { podStatus } from './pod/status.ts'

const fields = {
  spec: ref(2, podSpec).always().doc('What it is made of.'),
  status: ref(3, podStatus).always().doc('What is known of it.'),
}
export interface Pod extends ObjectOf<typeof fields> {}

export const pod = kind({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Containers that run together on one node and share its network address and volumes.',
  fields,
  defaults(pod) {
    defaultPod(pod)
  },
  prepareForCreate(pod) {
    preparePodForCreate(pod)
  },
  validate(pod, at) {
    validatePod(pod, at)
  },
  validateCreate(pod, at) {
    validatePodCreate(pod, at)
  },
  validateUpdate(pod, old, at) {
    validatePodUpdate(pod, old, at)
  },
  validateStatusUpdate(pod, old, at) {
    validatePodStatusUpdate(pod, old, at)
  },
  warnings: podWarnings,
  selectableFields: {
    'spec.nodeName': pod => pod.spec.nodeName ?? '',
    'spec.restartPolicy': pod => pod.spec.restartPolicy,
    'spec.schedulerName': pod => pod.spec.schedulerName,
    'spec.serviceAccountName': pod => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': pod => String(pod.spec.hostNetwork ?? false),
    'status.phase': pod => pod.status.phase ?? '',
    'status.podIP': pod => pod.status.podIP ?? '',
    'status.nominatedNodeName': pod => pod.status.nominatedNodeName ?? '',
  },
  columns: podColumns,
})
