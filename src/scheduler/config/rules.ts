import { isExtendedResource } from '../../api/core/pod/resource-names.ts'
import { DecodeError, decode } from '../../apimachinery/schema/decode.ts'
import type { Message } from '../../apimachinery/schema/types.ts'
import { deepEqual, validate } from '../../apimachinery/schema/validate.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'
import { pluginArgs } from './args.ts'
import { argsRules } from './args-rules.ts'
import type { Extender, KubeSchedulerConfiguration, KubeSchedulerProfile, PluginSet } from './configuration.ts'

/** What must hold in a scheduler configuration (upstream pkg/scheduler/apis/config/validation). */
export function validateConfiguration(config: KubeSchedulerConfiguration, at: At): void {
  const { profiles, extenders = [], podInitialBackoffSeconds, podMaxBackoffSeconds, parallelism } = config
  if (parallelism <= 0) at.child('parallelism').invalid(parallelism, 'should be an integer value greater than zero')
  const place = at.child('profiles')
  profiles.forEach((profile, i) => {
    validateProfile(profile, place.index(i))
    const first = profiles.findIndex(({ schedulerName }) => schedulerName === profile.schedulerName)
    if (first < i) place.index(i).child('schedulerName').duplicate(`profiles[${first}].schedulerName`)
    if (!deepEqual(profile.plugins?.queueSort, profiles[0]!.plugins?.queueSort)) {
      place
        .index(i)
        .child('plugins', 'queueSort')
        .invalid(profile.plugins?.queueSort, 'must be the same for all profiles')
    }
  })
  validatePercentage(config.percentageOfNodesToScore, at.child('percentageOfNodesToScore'))
  if (podInitialBackoffSeconds <= 0) {
    at.child('podInitialBackoffSeconds').invalid(podInitialBackoffSeconds, 'must be greater than 0')
  }
  if (podMaxBackoffSeconds < podInitialBackoffSeconds) {
    const detail = 'must be greater than or equal to PodInitialBackoffSeconds'
    at.child('podMaxBackoffSeconds').invalid(podMaxBackoffSeconds, detail)
  }
  validateExtenders(extenders, at.child('extenders'))
}

function validatePercentage(percentage: number | undefined, at: At): void {
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    at.invalid(percentage, 'not in valid range [0-100]')
  }
}

/** Plugins of clouds, which are no more. */
const REMOVED: ReadonlySet<string> = new Set(['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits'])
const WAS_INVALID =
  'was invalid in version "v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")'

function validateProfile(profile: KubeSchedulerProfile, at: At): void {
  const { schedulerName, percentageOfNodesToScore, plugins = {}, pluginConfig = [] } = profile
  if (!schedulerName) at.child('schedulerName').required()
  validatePercentage(percentageOfNodesToScore, at.child('percentageOfNodesToScore'))
  for (const [point, { enabled = [] }] of Object.entries(plugins) as [string, PluginSet][]) {
    enabled.forEach(({ name }, i) => {
      if (REMOVED.has(name)) at.child('plugins', point, 'enabled').index(i).invalid(name, WAS_INVALID)
    })
  }
  const sorters = plugins.queueSort?.enabled?.length ?? 0
  if (sorters > 1) {
    at.child('plugins', 'queueSort', 'Enabled').invalid(sorters, 'only one queue sort plugin can be enabled')
  }
  pluginConfig.forEach(({ name, args }, i) => {
    const place = at.child('pluginConfig').index(i)
    if (pluginConfig.findIndex(other => other.name === name) < i) place.duplicate(name)
    if (REMOVED.has(name)) place.invalid(name, WAS_INVALID)
    else validateArgs(name, args, place.child('args'))
  })
}

function validateArgs(name: string, args: unknown, at: At): void {
  const message = (pluginArgs as Record<string, Message>)[name]
  if (!message) return
  const { apiVersion: _, kind, ...fields } = (args ?? {}) as Record<string, unknown>
  if (kind !== undefined && kind !== `${name}Args`) {
    at.invalid(args, 'has to match plugin args')
    return
  }
  try {
    const decoded = decode(message, fields, {
      defaults: true,
      onUnknown: path => at.child(path).forbidden('unknown field'),
    })
    validate(message, decoded, at)
    argsRules[name as keyof typeof argsRules]?.(decoded as never, at)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    at.invalid(args, error.message)
  }
}

function validateExtenders(extenders: readonly Extender[], at: At): void {
  const managed = new Set<string>()
  extenders.forEach(({ prioritizeVerb, weight, managedResources = [] }, i) => {
    const place = at.index(i)
    if (prioritizeVerb && weight <= 0) {
      place.child('weight').invalid(weight, 'must have a positive weight applied to it')
    }
    managedResources.forEach(({ name }, j) => {
      const where = place.child('managedResources').index(j).child('name')
      const problems = isQualifiedName(name)
      where.invalidEach(name, problems)
      if (problems.length === 0 && !isExtendedResource(name))
        where.invalid(name, 'is an invalid extended resource name')
      if (managed.has(name)) where.invalid(name, 'duplicate extender managed resource name')
      managed.add(name)
    })
  })
  const binders = extenders.filter(({ bindVerb }) => bindVerb).length
  if (binders > 1) at.invalid(`found ${binders} extenders implementing bind`, 'only one extender can implement bind')
}
