import { type Infer, int32, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { isDNS1123Label, isDNS1123Subdomain, isQualifiedName } from '../../apimachinery/validation/names.ts'
import { validateClaims, validateConstraints, validateOneOf } from './pod-group-rules.ts'
import { MAX_USER_PRIORITY } from './priorityclass-rules.ts'

/** What Workloads say of groups of pods, and PodGroups of themselves. */

export const PACKAGE = 'k8s.io.api.scheduling.v1alpha2'

const basicSchedulingPolicy = message(
  `${PACKAGE}.BasicSchedulingPolicy`,
  {},
  { doc: 'Each pod is scheduled by itself.' },
)

const gangSchedulingPolicy = message(
  `${PACKAGE}.GangSchedulingPolicy`,
  { minCount: int32(1).required().min(1).doc('How many pods must find a place before any gets one.') },
  { doc: 'Pods are scheduled together or not at all.' },
)

export const podGroupSchedulingPolicy = message(
  `${PACKAGE}.PodGroupSchedulingPolicy`,
  {
    basic: ref(1, basicSchedulingPolicy).doc('Each pod by itself.'),
    gang: ref(2, gangSchedulingPolicy).doc('All together or not at all.'),
  },
  {
    doc: 'How the pods of a group are scheduled; exactly one is set.',
    validate(policy, at) {
      validateOneOf(policy, ['basic', 'gang'], at)
    },
  },
)

const topologyConstraint = message(
  `${PACKAGE}.TopologyConstraint`,
  { key: string(1).required().format(isQualifiedName).doc('Label of nodes; all pods go where it has one value.') },
  { doc: 'Keeps the pods of a group close to each other.' },
)

const podGroupSchedulingConstraints = message(
  `${PACKAGE}.PodGroupSchedulingConstraints`,
  { topology: list(1, topologyConstraint).atomic().doc('How close the pods are to each other; at most one.') },
  {
    doc: 'Where the pods of a group may go.',
    validate(constraints, at) {
      validateConstraints(constraints, at)
    },
  },
)

const podGroupResourceClaim = message(
  `${PACKAGE}.PodGroupResourceClaim`,
  {
    name: string(1).required().format(isDNS1123Label).doc('Its name within the group.'),
    resourceClaimName: string(2).pointer().format(isDNS1123Subdomain).doc('A ResourceClaim; or a template.'),
    resourceClaimTemplateName: string(3)
      .pointer()
      .format(isDNS1123Subdomain)
      .doc('What a ResourceClaim of the group is made from; or a claim.'),
  },
  {
    doc: 'A ResourceClaim that the pods of a group share.',
    validate(claim, at) {
      validateOneOf(claim, ['resourceClaimName', 'resourceClaimTemplateName'], at)
    },
  },
)
export interface PodGroupResourceClaim extends Infer<typeof podGroupResourceClaim> {}

/** What a group's template and the group itself have in common, by the same numbers. */
export const podGroupFields = {
  schedulingPolicy: ref(2, podGroupSchedulingPolicy).present().doc('How its pods are scheduled.'),
  schedulingConstraints: ref(3, podGroupSchedulingConstraints).doc('Where its pods may go.'),
  resourceClaims: list(4, podGroupResourceClaim)
    .mapKeys('name')
    .patchMerge('name', 'retainKeys')
    .doc('ResourceClaims that its pods share; at most 4.'),
  disruptionMode: string(5)
    .pointer()
    .oneOf('Pod', 'PodGroup')
    .doc('What is pushed out together: Pod, each by itself, or PodGroup.'),
  priorityClassName: string(6).format(isDNS1123Subdomain).doc('Name of its PriorityClass.'),
  priority: int32(7).pointer().max(MAX_USER_PRIORITY).doc('Its priority; higher goes first.'),
}

export const podGroupTemplate = message(
  `${PACKAGE}.PodGroupTemplate`,
  {
    name: string(1).required().format(isDNS1123Label).doc('Its name within the Workload.'),
    ...podGroupFields,
  },
  {
    doc: 'What groups of pods are made from.',
    validate({ resourceClaims }, at) {
      validateClaims(resourceClaims, at.child('resourceClaims'))
    },
  },
)
export interface PodGroupTemplate extends Infer<typeof podGroupTemplate> {}
