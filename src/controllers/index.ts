import type { Controller } from '../client/controller.ts'
import { deploymentController } from './deployment.ts'
import { replicaSetController } from './replicaset.ts'

/** What some controllers need to know of the cluster. */
export interface ControllerOptions {
  /** PEM of the cluster's authority, which pods get as kube-root-ca.crt. */
  readonly ca: string
}

/** All controllers of a cluster. */
export const controllers = (_options: ControllerOptions): readonly Controller[] => [
  deploymentController,
  replicaSetController,
]
