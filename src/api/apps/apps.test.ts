import { expect, test } from 'vitest'
import { filled, problems, row, updateProblems } from '../testing.ts'
import { controllerRevision } from './controllerrevision.ts'
import { daemonSet } from './daemonset.ts'
import { deployment } from './deployment.ts'
import { replicaSet } from './replicaset.ts'
import { statefulSet } from './statefulset.ts'

const metadata = { name: 'web', namespace: 'default' }
const labels = { app: 'web' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } }
const spec = { selector: { matchLabels: labels }, template }

test('a Deployment is filled in', () => {
  const object = filled(deployment, { metadata, spec })
  expect(object.spec).toMatchObject({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    template: { spec: { restartPolicy: 'Always', containers: [{ imagePullPolicy: 'IfNotPresent' }] } },
  })
  expect(filled(deployment, { metadata, spec: { ...spec, replicas: 0 } }).spec.replicas).toBe(0)
  expect(problems(deployment, { metadata, spec })).toEqual([])
})

test('a Deployment’s selector must match its template and may not change', () => {
  const other = { ...spec, selector: { matchLabels: { app: 'other' } } }
  expect(problems(deployment, { metadata, spec: other })).toEqual([
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ])
  expect(problems(deployment, { metadata, spec: { template } })).toContain('spec.selector: Required value')
  expect(problems(deployment, { metadata, spec: { ...spec, selector: {} } })).toContain(
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  )
  const changed = {
    selector: { matchLabels: { app: 'x' } },
    template: { ...template, metadata: { labels: { app: 'x' } } },
  }
  expect(updateProblems(deployment, { metadata, spec }, { metadata, spec: changed })).toEqual([
    'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
  ])
})

test('label selectors are checked wherever they stand', () => {
  const selector = { matchLabels: { app: 'a b' }, matchExpressions: [{ key: 'x', operator: 'In' }] }
  expect(problems(deployment, { metadata, spec: { ...spec, selector } })).toEqual(
    expect.arrayContaining([
      expect.stringContaining('spec.selector.matchLabels: Invalid value: "a b": a valid label must be an empty string'),
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ]),
  )
})

test('a Deployment’s strategy is checked', () => {
  const strategy = (strategy: object) => problems(deployment, { metadata, spec: { ...spec, strategy } })
  expect(strategy({ rollingUpdate: { maxUnavailable: 0, maxSurge: '0%' } })).toEqual([
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ])
  expect(strategy({ type: 'Recreate', rollingUpdate: {} })).toEqual([
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ])
  expect(strategy({ type: 'Recreate' })).toEqual([])
  expect(strategy({ rollingUpdate: { maxSurge: 'x' } })[0]).toContain('spec.strategy.rollingUpdate.maxSurge')
  expect(strategy({ rollingUpdate: { maxUnavailable: '101%' } })[0]).toContain('must not be greater than 100%')
})

test('pods of controllers always restart', () => {
  const bad = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
  for (const kind of [deployment, replicaSet, daemonSet, statefulSet]) {
    const input: object = { metadata, spec: { ...spec, serviceName: 'web', template: bad } }
    expect(problems(kind as typeof deployment, input)).toContain(
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    )
  }
})

test('rows of controllers', () => {
  const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 }
  expect(row(deployment, filled(deployment, { metadata, spec: { ...spec, replicas: 3 }, status }))).toEqual({
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 2,
    Age: '<unknown>',
    Containers: 'c',
    Images: 'nginx:1',
    Selector: 'app=web',
  })
  expect(row(replicaSet, filled(replicaSet, { metadata, spec: { ...spec, replicas: 3 }, status }))).toMatchObject({
    Desired: 3,
    Current: 3,
    Ready: 2,
  })
  const nodes = { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 2, numberReady: 1 }
  expect(row(daemonSet, filled(daemonSet, { metadata, spec, status: nodes }))).toMatchObject({
    Desired: 2,
    Current: 1,
    Ready: 1,
    'Up-to-date': 0,
    'Node Selector': '<none>',
  })
})

test('a scale’s selector is a label selector', () => {
  const object = filled(deployment, {
    metadata,
    spec: { ...spec, selector: { matchLabels: labels, matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
  })
  expect(deployment.subresources?.scale?.selector(object)).toBe('a,app=web')
})

test('a StatefulSet’s update may change only some fields', () => {
  const sts = { ...spec, serviceName: 'web' }
  expect(problems(statefulSet, { metadata, spec: sts })).toEqual([])
  expect(updateProblems(statefulSet, { metadata, spec: sts }, { metadata, spec: { ...sts, replicas: 5 } })).toEqual([])
  expect(
    updateProblems(statefulSet, { metadata, spec: sts }, { metadata, spec: { ...sts, serviceName: 'x' } }),
  ).toEqual([
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ])
})

test('a StatefulSet’s containers may mount what its claim templates name', () => {
  const sts = { ...spec, serviceName: 'web' }
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  const mounting = (name: string) => {
    const [main] = sts.template.spec.containers
    const containers = [{ ...main!, volumeMounts: [{ name, mountPath: '/data' }] }]
    const template = { ...sts.template, spec: { ...sts.template.spec, containers } }
    return problems(statefulSet, { metadata, spec: { ...sts, template, volumeClaimTemplates: [claim] } })
  }
  expect(mounting('data')).toEqual([])
  expect(mounting('other')).toEqual(['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "other"'])
})

test('a StatefulSet’s claims are filled in like claims', () => {
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
  }
  const object = filled(statefulSet, { metadata, spec: { ...spec, volumeClaimTemplates: [claim] } })
  expect(object.spec.volumeClaimTemplates?.[0]).toMatchObject({
    spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } },
  })
})

test('a ControllerRevision’s data may not change', () => {
  const old = { metadata, revision: 1, data: { a: 1 } }
  expect(updateProblems(controllerRevision, old, { ...old, revision: 2 })).toEqual([])
  expect(updateProblems(controllerRevision, old, { ...old, data: { a: 2 } })[0]).toContain('data: Invalid value')
})
