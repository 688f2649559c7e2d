/** One call that any client can make, and what must come of it. */
export interface ClientStep {
  readonly do: 'create' | 'get' | 'replace' | 'merge' | 'json' | 'apply' | 'list' | 'delete'
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly name: string
  /** The object, or the patch. */
  readonly body?: object
  /** What the answer must have in it; of a list, the names. */
  readonly expect?: object
  /** The reason that it must fail for. */
  readonly fails?: string
}

const containers = [{ name: 'c', image: 'i:1' }]
const labels = { app: 'script' }
const template = { metadata: { labels }, spec: { containers } }
const selector = { matchLabels: labels }
const once = { spec: { restartPolicy: 'Never', containers } }

/** Kinds with an object of each, and what its defaults make of it. */
const KINDS: readonly (readonly [apiVersion: string, kind: string, plural: string, object: object, expect: object])[] =
  [
    ['v1', 'ConfigMap', 'configmaps', { data: { a: '1' } }, { data: { a: '1' } }],
    ['v1', 'Secret', 'secrets', { stringData: { a: '1' } }, { type: 'Opaque', data: { a: 'MQ==' } }],
    ['v1', 'ServiceAccount', 'serviceaccounts', {}, {}],
    [
      'v1',
      'Service',
      'services',
      { spec: { selector: labels, ports: [{ port: 80 }] } },
      { spec: { type: 'ClusterIP', sessionAffinity: 'None', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] } },
    ],
    [
      'v1',
      'PersistentVolumeClaim',
      'persistentvolumeclaims',
      { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } } },
      { spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } } },
    ],
    [
      'v1',
      'LimitRange',
      'limitranges',
      { spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } }] } },
      { spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } }] } },
    ],
    ['v1', 'ResourceQuota', 'resourcequotas', { spec: { hard: { pods: '500' } } }, { spec: { hard: { pods: '500' } } }],
    [
      'v1',
      'Pod',
      'pods',
      { spec: { containers } },
      { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', serviceAccountName: 'default' } },
    ],
    ['v1', 'PodTemplate', 'podtemplates', { template }, { template: { spec: { restartPolicy: 'Always' } } }],
    [
      'v1',
      'ReplicationController',
      'replicationcontrollers',
      {
        spec: { replicas: 0, selector: { app: 'rc' }, template: { ...template, metadata: { labels: { app: 'rc' } } } },
      },
      { spec: { replicas: 0, selector: { app: 'rc' } } },
    ],
    [
      'apps/v1',
      'Deployment',
      'deployments',
      { spec: { replicas: 0, selector, template } },
      { spec: { revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: { type: 'RollingUpdate' } } },
    ],
    ['apps/v1', 'ReplicaSet', 'replicasets', { spec: { replicas: 0, selector, template } }, { spec: { replicas: 0 } }],
    [
      'apps/v1',
      'StatefulSet',
      'statefulsets',
      { spec: { replicas: 0, serviceName: 's', selector, template } },
      { spec: { podManagementPolicy: 'OrderedReady', updateStrategy: { type: 'RollingUpdate' } } },
    ],
    [
      'apps/v1',
      'ControllerRevision',
      'controllerrevisions',
      { revision: 3, data: { some: 'thing' } },
      { revision: 3, data: { some: 'thing' } },
    ],
    [
      'batch/v1',
      'Job',
      'jobs',
      { spec: { suspend: true, template: once } },
      { spec: { backoffLimit: 6, completions: 1 } },
    ],
    [
      'batch/v1',
      'CronJob',
      'cronjobs',
      { spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: once } } } },
      { spec: { concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 } },
    ],
    [
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      'horizontalpodautoscalers',
      { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' } } },
      { spec: { minReplicas: 1, maxReplicas: 3 } },
    ],
    [
      'networking.k8s.io/v1',
      'Ingress',
      'ingresses',
      { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
      { spec: { defaultBackend: { service: { name: 's' } } } },
    ],
    [
      'networking.k8s.io/v1',
      'NetworkPolicy',
      'networkpolicies',
      { spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } },
      { spec: { policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 80, protocol: 'TCP' }] }] } },
    ],
    ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { spec: { maxUnavailable: '25%', selector } }, {}],
    [
      'rbac.authorization.k8s.io/v1',
      'Role',
      'roles',
      { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
      { rules: [{ resources: ['pods'], verbs: ['get'] }] },
    ],
    [
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      'rolebindings',
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'none' },
        subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
      },
      { subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }] },
    ],
    [
      'coordination.k8s.io/v1',
      'Lease',
      'leases',
      { spec: { holderIdentity: 'me' } },
      { spec: { holderIdentity: 'me' } },
    ],
  ]

/** The script: the same for every client. */
export function clientScript(): ClientStep[] {
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', name: 'script' }
  const map = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' }
  const whole = (kind: object, name: string, more: object) => ({ ...kind, metadata: { name }, ...more })
  const steps: ClientStep[] = []
  for (const [apiVersion, kind, plural, object, expect] of KINDS) {
    const what = { apiVersion, kind, plural, name: 'script' }
    const body = { apiVersion, kind, metadata: { name: 'script', labels: { script: 'yes' } }, ...object }
    steps.push({ ...what, do: 'create', body, expect: { metadata: { name: 'script' } } })
    steps.push({ ...what, do: 'get', expect })
    const annotations = { note: 'patched' }
    steps.push({ ...what, do: 'merge', body: { metadata: { annotations } }, expect: { metadata: { annotations } } })
    steps.push({ ...what, do: 'list', expect: ['script'] })
    if (kind === 'Deployment') {
      const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'i:2' }]
      const image = { spec: { template: { spec: { containers: [{ name: 'c', image: 'i:2' }] } } } }
      steps.push({ ...deployment, do: 'json', body: patch, expect: image })
      const wrong = [{ op: 'test', path: '/spec/replicas', value: 7 }]
      steps.push({ ...deployment, do: 'json', body: wrong, fails: 'Invalid' })
    }
    steps.push({ ...what, do: 'delete' })
  }
  const body = whole({ apiVersion: 'v1', kind: 'ConfigMap' }, 'twice', { data: { a: '1' } })
  const changed = whole({ apiVersion: 'v1', kind: 'ConfigMap' }, 'twice', { data: { a: '2' } })
  const stale = { ...changed, metadata: { name: 'twice', resourceVersion: '1' } }
  const bad = whole({ apiVersion: 'v1', kind: 'ConfigMap' }, 'Not_Valid', {})
  const applied = whole({ apiVersion: 'v1', kind: 'ConfigMap' }, 'twice', { data: { b: '3' } })
  steps.push(
    { ...map, name: 'twice', do: 'create', body },
    { ...map, name: 'twice', do: 'create', body, fails: 'AlreadyExists' },
    { ...map, name: 'twice', do: 'replace', body: changed, expect: { data: { a: '2' } } },
    { ...map, name: 'twice', do: 'replace', body: stale, fails: 'Conflict' },
    { ...map, name: 'twice', do: 'apply', body: applied, expect: { data: { a: '2', b: '3' } } },
    { ...map, name: 'twice', do: 'delete' },
    { ...map, name: 'twice', do: 'get', fails: 'NotFound' },
    { ...map, name: 'twice', do: 'delete', fails: 'NotFound' },
    { ...map, name: 'Not_Valid', do: 'create', body: bad, fails: 'Invalid' },
  )
  return steps
}
