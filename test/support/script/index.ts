import { clusterSteps } from './cluster-steps.ts'
import { configMapSteps } from './configmap-steps.ts'
import { customSteps } from './custom-steps.ts'
import { kindSteps } from './kinds.ts'
import { oldVersionSteps } from './old-version-steps.ts'
import type { ClientStep } from './step.ts'
import { workloadSteps } from './workload-steps.ts'

/** The script that every client plays; `client` names what is not in its namespace. */
export async function clientScript(client: string): Promise<ClientStep[]> {
  return [
    ...kindSteps(),
    ...configMapSteps,
    ...workloadSteps,
    ...oldVersionSteps,
    ...customSteps(client),
    ...(await clusterSteps(client)),
  ]
}
