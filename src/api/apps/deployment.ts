import { formatLabelSelector, selectorOf } from '../../apimachinery/labels.ts'
import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  bool,
  type Infer,
  int32,
  int64,
  intOrString,
  list,
  message,
  ref,
  string,
  time,
} from '../../apimachinery/schema/types.ts'
import { age, column, containers, images, wide } from '../columns.ts'
import { workloadWarnings } from '../core/pod/pod-warnings.ts'
import { podTemplateSpec } from '../core/pod/template.ts'
import { defaultDeploymentStrategy, validateDeployment, validateDeploymentStatus } from './deployment-rules.ts'

export const rollingUpdateDeployment = message(
  'k8s.io.api.apps.v1.RollingUpdateDeployment',
  {
    maxUnavailable: intOrString(1).pointer().doc('How many may be missing meanwhile, as a number or a percentage.'),
    maxSurge: intOrString(2).pointer().doc('How many may be there besides, as a number or a percentage.'),
  },
  {
    doc: 'How pods are replaced little by little.',
  },
)
export interface RollingUpdateDeployment extends Infer<typeof rollingUpdateDeployment> {}

export const deploymentStrategy = message(
  'k8s.io.api.apps.v1.DeploymentStrategy',
  {
    type: string(1)
      .default('RollingUpdate')
      .oneOf('Recreate', 'RollingUpdate')
      .doc('RollingUpdate, or Recreate: all at once.'),
    rollingUpdate: ref(2, rollingUpdateDeployment).doc('For RollingUpdate: in what steps.'),
  },
  {
    doc: 'How pods are replaced when the template changes.',
    defaults(strategy) {
      defaultDeploymentStrategy(strategy)
    },
  },
)
export interface DeploymentStrategy extends Infer<typeof deploymentStrategy> {}

export const deploymentSpec = message(
  'k8s.io.api.apps.v1.DeploymentSpec',
  {
    replicas: int32(1).pointer().default(1).min(0).doc('How many pods.'),
    selector: ref(2, labelSelector)
      .required()
      .immutable()
      .doc("Which pods are its own; must match the template's labels."),
    template: ref(3, podTemplateSpec).present().doc('What the pods are made from.'),
    strategy: ref(4, deploymentStrategy).always().patchRetainKeys().doc('How pods are replaced.'),
    minReadySeconds: int32(5).min(0).doc('Seconds a pod must be ready to count as available.'),
    revisionHistoryLimit: int32(6).pointer().default(10).min(0).doc('How many old ReplicaSets are kept to go back to.'),
    paused: bool(7).doc('Whether changes of the template wait.'),
    progressDeadlineSeconds: int32(9)
      .pointer()
      .default(600)
      .min(0)
      .doc('Seconds without progress after which it counts as stuck.'),
  },
  {
    doc: 'How many pods, what they are like, and how they are replaced.',
  },
)
export interface DeploymentSpec extends Infer<typeof deploymentSpec> {}

export const deploymentCondition = message(
  'k8s.io.api.apps.v1.DeploymentCondition',
  {
    type: string(1).present().doc('What is observed: Available, Progressing or ReplicaFailure.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastUpdateTime: time(6).doc('When it was last updated.'),
    lastTransitionTime: time(7).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a Deployment.',
  },
)
export interface DeploymentCondition extends Infer<typeof deploymentCondition> {}

export const deploymentStatus = message(
  'k8s.io.api.apps.v1.DeploymentStatus',
  {
    observedGeneration: int64(1).doc('The generation last acted upon.'),
    replicas: int32(2).doc('How many pods there are.'),
    updatedReplicas: int32(3).doc('How many are made from the current template.'),
    readyReplicas: int32(7).doc('How many are ready.'),
    availableReplicas: int32(4).doc('How many are available.'),
    unavailableReplicas: int32(5).doc('How many are missing.'),
    terminatingReplicas: int32(9).pointer().doc('How many are ending.'),
    conditions: list(6, deploymentCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
    collisionCount: int32(8).pointer().doc('How often a name for a ReplicaSet was taken.'),
  },
  {
    doc: 'What is known of a Deployment.',
  },
)
export interface DeploymentStatus extends Infer<typeof deploymentStatus> {}

const fields = {
  spec: ref(2, deploymentSpec).always().doc('How many pods, what they are like, and how they are replaced.'),
  status: ref(3, deploymentStatus).always().doc('What is known of it.'),
}
export interface Deployment extends ObjectOf<typeof fields> {}

const columns: readonly Column<Deployment>[] = [
  column('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`, 'How many pods are ready.'),
  column('Up-to-date', ({ status }) => status.updatedReplicas ?? 0, 'How many are made from the current template.'),
  column('Available', ({ status }) => status.availableReplicas ?? 0, 'How many are available.'),
  age,
  containers(({ spec }) => spec.template.spec.containers),
  images(({ spec }) => spec.template.spec.containers),
  wide('Selector', ({ spec }) => formatLabelSelector(spec.selector), 'Which pods are its own.'),
]

export const deployment = kind({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'Namespaced',
  doc: 'Keeps identical pods running and replaces them in steps when their template changes.',
  fields,
  subresources: {
    status: true,
    scale: {
      specReplicas: 'spec.replicas',
      statusReplicas: 'status.replicas',
      selector: ({ spec }) => selectorOf(spec.selector).toString(),
    },
  },
  validate(deployment, at) {
    validateDeployment(deployment.spec, at.child('spec'))
  },
  validateStatusUpdate({ status }, old, at) {
    validateDeploymentStatus(status, old.status, at.child('status'))
  },
  warnings: (object, old) => workloadWarnings(object, old, object.spec.template, 'spec.template'),
  columns,
})
