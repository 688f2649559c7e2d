import type { Chance } from './chance.ts'

/** A readiness gate that a pod's imaginary containers open when they are up (containers.ts). */
export const GATE = 'simulation/up'
/** Pods with this label never open it. */
export const BROKEN = 'simulation/broken'
/** Jobs whose pods mostly fail. */
export const FAILING = 'simulation/failing'

export const ZONES = ['zone-a', 'zone-b', 'zone-c']

/** A pod template whose pods the selector `app: NAME` matches. */
export function template(chance: Chance, app: string, restartPolicy = 'Always') {
  const slow = restartPolicy === 'Always' && chance.happens(0.6)
  const broken = slow && chance.happens(0.15)
  return {
    metadata: { labels: { app, ...(broken && { [BROKEN]: 'true' }) } },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: chance.pick([0, 5, 30]),
      ...(slow && { readinessGates: [{ conditionType: GATE }] }),
      containers: [container(chance)],
      ...(chance.happens(0.2) && {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: { app } },
          },
        ],
      }),
    },
  }
}

export const container = (chance: Chance) => ({
  name: 'main',
  image: `registry.invalid/app:${chance.between(1, 1_000_000)}`,
  resources: {
    requests: { cpu: chance.pick(['50m', '100m', '250m', '500m', '1']), memory: chance.pick(['32Mi', '128Mi', '1Gi']) },
  },
})

export const selectorFor = (app: string) => ({ matchLabels: { app } })

/** A number or a percentage, for surge and unavailable. */
export const bound = (chance: Chance): number | string => chance.pick([0, 1, 2, 3, '10%', '25%', '50%', '100%'])

export function deploymentSpec(chance: Chance, app: string) {
  return {
    replicas: chance.between(0, 6),
    selector: selectorFor(app),
    template: template(chance, app),
    strategy: strategy(chance),
    minReadySeconds: chance.pick([0, 0, 5, 30]),
    progressDeadlineSeconds: chance.pick([60, 600]),
    revisionHistoryLimit: chance.pick([0, 1, 3, 10]),
  }
}

export function strategy(chance: Chance) {
  if (chance.happens(0.15)) return { type: 'Recreate' }
  const maxSurge = bound(chance)
  const none = maxSurge === 0
  const maxUnavailable = none ? chance.pick([1, 2, '25%', '100%']) : bound(chance)
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } }
}

export function statefulSetSpec(chance: Chance, app: string) {
  return {
    replicas: chance.between(0, 4),
    serviceName: app,
    selector: selectorFor(app),
    template: template(chance, app),
    podManagementPolicy: chance.pick(['OrderedReady', 'OrderedReady', 'Parallel']),
    minReadySeconds: chance.pick([0, 0, 10]),
    revisionHistoryLimit: chance.pick([0, 2, 10]),
    updateStrategy: chance.happens(0.15)
      ? { type: 'OnDelete' }
      : { type: 'RollingUpdate', rollingUpdate: { partition: chance.pick([0, 0, 0, 1, 2]) } },
    ...(chance.happens(0.2) && { ordinals: { start: chance.between(1, 3) } }),
  }
}

export function daemonSetSpec(chance: Chance, app: string) {
  const made = template(chance, app)
  return {
    selector: selectorFor(app),
    template: {
      ...made,
      spec: {
        ...made.spec,
        ...(chance.happens(0.2) && { nodeSelector: { 'topology.kubernetes.io/zone': chance.pick(ZONES) } }),
      },
    },
    minReadySeconds: chance.pick([0, 0, 10]),
    updateStrategy: daemonStrategy(chance),
  }
}

export const daemonStrategy = (chance: Chance) =>
  chance.weighted([
    [1, { type: 'OnDelete' }],
    [4, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: chance.pick([1, 2, '50%']) } }],
    [3, { type: 'RollingUpdate', rollingUpdate: { maxSurge: chance.pick([1, 2, '50%']), maxUnavailable: 0 } }],
  ])

export function jobSpec(chance: Chance, app: string) {
  const indexed = chance.happens(0.5)
  const completions = chance.pick([1, 2, 3, 5, ...(indexed ? [] : [undefined])])
  const made = template(chance, app, 'Never')
  const withPolicy = chance.happens(0.3)
  const perIndex = indexed && chance.happens(0.3)
  return {
    template: {
      ...made,
      metadata: { labels: { ...made.metadata.labels, ...(chance.happens(0.2) && { [FAILING]: 'true' }) } },
    },
    ...(completions !== undefined && { completions }),
    parallelism: chance.between(0, 4),
    completionMode: indexed ? 'Indexed' : 'NonIndexed',
    ...(perIndex
      ? { backoffLimitPerIndex: chance.between(0, 2), maxFailedIndexes: chance.between(0, completions ?? 1) }
      : { backoffLimit: chance.between(0, 6) }),
    ...(indexed && chance.happens(0.2) && { successPolicy: { rules: [{ succeededCount: 1 }] } }),
    ...(chance.happens(0.2) && { suspend: true }),
    ...(chance.happens(0.2) && { activeDeadlineSeconds: chance.between(30, 900) }),
    ...(chance.happens(0.3) && { ttlSecondsAfterFinished: chance.between(0, 1800) }),
    ...(withPolicy
      ? { podFailurePolicy: { rules: failureRules(chance, perIndex) }, podReplacementPolicy: 'Failed' }
      : chance.happens(0.3) && { podReplacementPolicy: chance.pick(['Failed', 'TerminatingOrFailed']) }),
  }
}

function failureRules(chance: Chance, perIndex: boolean) {
  return [
    {
      action: chance.pick(['FailJob', 'Count', ...(perIndex ? ['FailIndex'] : [])]),
      onExitCodes: { operator: 'In', values: [42] },
    },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  ]
}

export function cronJobSpec(chance: Chance, app: string) {
  return {
    schedule: chance.pick(['*/5 * * * *', '*/15 * * * *', '0 * * * *', '30 */2 * * *', '0 3 * * *']),
    concurrencyPolicy: chance.pick(['Allow', 'Forbid', 'Replace']),
    ...(chance.happens(0.3) && { timeZone: chance.pick(['Europe/Berlin', 'America/New_York', 'Asia/Tokyo']) }),
    ...(chance.happens(0.3) && { startingDeadlineSeconds: chance.pick([60, 600]) }),
    successfulJobsHistoryLimit: chance.between(0, 3),
    failedJobsHistoryLimit: chance.between(0, 2),
    jobTemplate: { spec: { ...jobSpec(chance, app), parallelism: 1, suspend: false } },
  }
}
