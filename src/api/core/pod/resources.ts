import { type Infer, list, map, message, string, types } from '../../../apimachinery/schema/types.ts'
import { roundResources } from './resource-rules.ts'

export const resourceClaim = message(
  'k8s.io.api.core.v1.ResourceClaim',
  {
    name: string(1).present().doc("The claim's name in the pod's resourceClaims."),
    request: string(2).doc('Which request of the claim; all by default.'),
  },
  {
    doc: 'A claim of the pod that a container uses.',
  },
)
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

export const resourceRequirements = message(
  'k8s.io.api.core.v1.ResourceRequirements',
  {
    limits: map(1, types.quantity).doc('The most it may use, by resource.'),
    requests: map(2, types.quantity).doc('What is kept for it, by resource; the limits by default.'),
    claims: list(3, resourceClaim).mapKeys('name').doc('Claims of the pod that it uses.'),
  },
  {
    doc: 'What a container, or a pod, may use and what is kept for it.',
    defaults(resources) {
      roundResources(resources.limits)
      roundResources(resources.requests)
    },
  },
)
export interface ResourceRequirements extends Infer<typeof resourceRequirements> {}

export const containerResizePolicy = message(
  'k8s.io.api.core.v1.ContainerResizePolicy',
  {
    resourceName: string(1).required().oneOf('cpu', 'memory').doc('The resource: cpu or memory.'),
    restartPolicy: string(2)
      .required()
      .oneOf('NotRequired', 'RestartContainer')
      .doc('NotRequired or RestartContainer.'),
  },
  {
    doc: 'Whether a container restarts when a resource of it is resized.',
  },
)
export interface ContainerResizePolicy extends Infer<typeof containerResizePolicy> {}
