import { readConfigFile } from '../apimachinery/config-file.ts'
import { type KubeSchedulerConfiguration, kubeSchedulerConfiguration } from '../scheduler/index.ts'
import { type ApiServerFlags, configurationOf } from './api-server-flags.ts'

/** How the control plane is to work: flags of kube-apiserver, and of kube-scheduler. Paths are absolute. */
export interface ControlPlaneFlags extends ApiServerFlags {
  /** A KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, plugins, extenders. */
  readonly schedulerConfig?: string
}

/** What the scheduler's flag asks for. Throws MachineError where the file cannot be used. */
export const schedulerConfigurationOf = ({
  schedulerConfig,
}: ControlPlaneFlags): KubeSchedulerConfiguration | undefined =>
  schedulerConfig ? readConfigFile(kubeSchedulerConfiguration, schedulerConfig) : undefined

/** Throws MachineError for a file that cannot be used. */
export function checkFlags(flags: ControlPlaneFlags): void {
  configurationOf(flags)
  schedulerConfigurationOf(flags)
}

/** What was chosen before with what is chosen now; an empty text takes a choice back. */
export function mergedFlags(before: ControlPlaneFlags = {}, now: ControlPlaneFlags = {}): ControlPlaneFlags {
  return Object.fromEntries(
    Object.entries({ ...before, ...now }).filter(([, value]) => value !== undefined && value !== ''),
  )
}
