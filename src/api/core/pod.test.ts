import { expect, test } from 'vitest'
import { filled, problems, row, updateProblems } from '../testing.ts'
import { pod } from './pod.ts'

const container = { name: 'web', image: 'nginx:1' }
const podWith = (spec: object, metadata: object = {}) => ({
  metadata: { name: 'p', namespace: 'default', ...metadata },
  spec: { containers: [container], ...spec },
})
const withContainer = (fields: object) => podWith({ containers: [{ ...container, ...fields }] })

test('a bare pod gets upstream’s defaults', () => {
  const { spec } = filled(pod, podWith({}))
  expect(spec).toMatchObject({
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    enableServiceLinks: true,
    securityContext: {},
  })
  expect(spec.containers[0]).toEqual({
    name: 'web',
    image: 'nginx:1',
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
  })
})

test.each([
  ['nginx:1.25', 'IfNotPresent'],
  ['nginx:latest', 'Always'],
  ['registry.local:5000/nginx', 'Always'],
  ['nginx@sha256:abc', 'IfNotPresent'],
])('%s is pulled %s', (image, policy) => {
  expect(filled(pod, withContainer({ image })).spec.containers[0]?.imagePullPolicy).toBe(policy)
})

test('probes, ports and volumes get theirs', () => {
  const { spec } = filled(
    pod,
    podWith({
      containers: [{ ...container, ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: 80 } } }],
      volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'x' } }],
    }),
  )
  expect(spec.containers[0]?.ports?.[0]?.protocol).toBe('TCP')
  expect(spec.containers[0]?.readinessProbe).toEqual({
    httpGet: { path: '/', port: 80, scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  })
  expect(spec.volumes).toEqual([
    { name: 'a', emptyDir: {} },
    { name: 'b', configMap: { name: 'x', defaultMode: 0o644 } },
  ])
})

test('limits are requested where nothing else is', () => {
  const { spec } = filled(pod, withContainer({ resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }))
  expect(spec.containers[0]?.resources.requests).toEqual({ cpu: '500m', memory: '1Gi' })
})

test('a good pod passes', () => {
  expect(
    problems(
      pod,
      podWith({
        containers: [
          {
            ...container,
            env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
            livenessProbe: { tcpSocket: { port: 'http' } },
          },
        ],
        volumes: [{ name: 'data', hostPath: { path: '/srv' } }],
        tolerations: [{ operator: 'Exists' }],
      }),
    ),
  ).toEqual([])
})

test.each([
  [podWith({ containers: [] }), 'spec.containers: Required value'],
  [podWith({ containers: [{ name: 'a' }] }), 'spec.containers[0].image: Required value'],
  [podWith({ containers: [container, container] }), 'spec.containers[1].name: Duplicate value: "web"'],
  [
    withContainer({ name: 'A' }),
    "spec.containers[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ],
  [withContainer({ ports: [{ containerPort: 0 }] }), 'spec.containers[0].ports[0].containerPort: Required value'],
  [
    withContainer({ ports: [{ containerPort: 70000 }] }),
    'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    withContainer({ ports: [{ containerPort: 1, protocol: 'X' }] }),
    'spec.containers[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    withContainer({ volumeMounts: [{ name: 'x', mountPath: '/x' }] }),
    'spec.containers[0].volumeMounts[0].name: Not found: "x"',
  ],
  [
    withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    withContainer({ resources: { limits: { cpus: '1' } } }),
    'spec.containers[0].resources.limits[cpus]: Invalid value: "cpus": must be a standard resource type or fully qualified',
  ],
  [
    withContainer({ resources: { limits: { cpu: '-1' } } }),
    'spec.containers[0].resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    withContainer({ env: [{ name: 'A=B' }] }),
    'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
  ],
  [
    withContainer({ livenessProbe: {} }),
    'spec.containers[0].livenessProbe: Required value: must specify a handler type',
  ],
  [
    withContainer({ livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } }),
    'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
  ],
  [
    withContainer({ imagePullPolicy: 'Sometimes' }),
    'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
  ],
  [
    podWith({ restartPolicy: 'Maybe' }),
    'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "Never", "OnFailure"',
  ],
  [
    podWith({ volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/' } }] }),
    'spec.volumes[0].emptyDir: Forbidden: may not specify more than 1 volume type',
  ],
  [podWith({ volumes: [{ name: 'a' }, { name: 'a' }] }), 'spec.volumes[1].name: Duplicate value: "a"'],
  [
    podWith({ tolerations: [{ key: 'a', operator: 'Is' }] }),
    'spec.tolerations[0].operator: Unsupported value: "Is": supported values: "Equal", "Exists", "Gt", "Lt"',
  ],
  [
    podWith({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
    }),
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
  ],
  [
    podWith({ initContainers: [{ ...container, name: 'i', livenessProbe: { tcpSocket: { port: 1 } } }] }),
    'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
  ],
  [
    podWith({ hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 81 }] }] }),
    'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
  ],
  [
    podWith({ ephemeralContainers: [{ ...container, name: 'e' }] }),
    'spec.ephemeralContainers: Forbidden: cannot be set on create',
  ],
  [
    podWith({ nodeSelector: { '-': 'x' } }),
    "spec.nodeSelector: Invalid value: \"-\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ],
])('bad pod %#', (input, message) => {
  expect(problems(pod, input)).toContain(message)
})

test('a pod keeps its spec, but for images and a few more', () => {
  expect(updateProblems(pod, podWith({}), withContainer({ image: 'nginx:2' }))).toEqual([])
  const [problem] = updateProblems(pod, podWith({}), podWith({ hostname: 'other' }))
  expect(problem).toBe(
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n+hostname: "other"\n',
  )
  expect(updateProblems(pod, podWith({}), podWith({ containers: [container, { ...container, name: 'b' }] }))).toEqual([
    'spec.containers: Forbidden: pod updates may not add or remove containers',
  ])
})

test('a new pod is pending and has a quality of service', () => {
  const object = filled(pod, withContainer({ resources: { limits: { cpu: '1', memory: '1Gi' } } }))
  pod.prepareForCreate?.(object)
  expect(object.status).toEqual({ phase: 'Pending', qosClass: 'Guaranteed' })
})

const containerStatus = (fields: object) => ({
  name: 'web',
  image: 'nginx',
  imageID: 'x',
  ready: false,
  restartCount: 0,
  ...fields,
})
const shown = (status: object, spec: object = {}, metadata: object = {}) => {
  const { Ready, Status, Restarts, Age } = row(
    pod,
    filled(pod, { ...podWith(spec, metadata), status }),
    Date.UTC(2024, 0, 1, 1),
  )
  return [Ready, Status, Restarts, Age].join(' ')
}
const created = { creationTimestamp: '2024-01-01T00:00:00Z' }

test.each<[string, string]>([
  [shown({ phase: 'Pending' }, {}, created), '0/1 Pending 0 60m'],
  [
    shown({ phase: 'Running', containerStatuses: [containerStatus({ ready: true, state: { running: {} } })] }),
    '1/1 Running 0 <unknown>',
  ],
  [
    shown({
      phase: 'Running',
      containerStatuses: [
        containerStatus({
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, finishedAt: '2024-01-01T00:55:00Z' } },
        }),
      ],
    }),
    '0/1 CrashLoopBackOff 3 (5m ago) <unknown>',
  ],
  [
    shown(
      { phase: 'Pending', initContainerStatuses: [containerStatus({ name: 'i', state: { running: {} } })] },
      { initContainers: [{ ...container, name: 'i' }] },
    ),
    '0/1 Init:0/1 0 <unknown>',
  ],
  [
    shown({
      phase: 'Succeeded',
      containerStatuses: [containerStatus({ state: { terminated: { exitCode: 0, reason: 'Completed' } } })],
    }),
    '0/1 Completed 0 <unknown>',
  ],
  [shown({ phase: 'Running' }, {}, { deletionTimestamp: '2024-01-01T00:00:00Z' }), '0/1 Terminating 0 <unknown>'],
  [
    shown({
      phase: 'Failed',
      containerStatuses: [containerStatus({ state: { terminated: { exitCode: 137, signal: 9 } } })],
    }),
    '0/1 Signal:9 0 <unknown>',
  ],
])('row %#', (actual, expected) => {
  expect(actual).toBe(expected)
})
