import type { ClientStep } from './step.ts'

const containers = [{ name: 'c', image: 'i:1' }]
const labels = { app: 'script' }
const template = { metadata: { labels }, spec: { containers } }
const selector = { matchLabels: labels }
const once = { spec: { restartPolicy: 'Never', containers } }

type Row = readonly [apiVersion: string, kind: string, plural: string, object: object, expect: object]

/** Kinds of objects in namespaces with an object of each, and what its defaults make of it. */
const KINDS: readonly Row[] = [
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
  ['coordination.k8s.io/v1', 'Lease', 'leases', { spec: { holderIdentity: 'me' } }, { spec: { holderIdentity: 'me' } }],
]

/** Every kind is created, read, patched, listed and deleted. */
export function kindSteps(): ClientStep[] {
  return KINDS.flatMap(([apiVersion, kind, plural, object, expect]): ClientStep[] => {
    const what = { apiVersion, kind, plural, name: 'script' }
    const annotations = { note: 'patched' }
    return [
      {
        ...what,
        do: 'create',
        body: { apiVersion, kind, metadata: { name: 'script', labels: { script: 'yes' } }, ...object },
        expect: { metadata: { name: 'script' } },
      },
      { ...what, do: 'get', expect },
      { ...what, do: 'merge', body: { metadata: { annotations } }, expect: { metadata: { annotations } } },
      { ...what, do: 'list', labels: 'script=yes', expect: ['script'] },
      { ...what, do: 'delete' },
    ]
  })
}
