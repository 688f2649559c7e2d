import { accountOf, type Controller } from '../../client/controller.ts'

export interface PolicyRule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

export interface RoleStatement {
  readonly name: string
  readonly rules: readonly PolicyRule[]
  readonly labels?: Record<string, string>
  /** Labels of the roles whose rules make up this one. */
  readonly aggregate?: readonly Record<string, string>[]
}

export interface BindingStatement {
  readonly name: string
  readonly role: string
  readonly subjects: readonly { kind: 'User' | 'Group' | 'ServiceAccount'; name: string; namespace?: string }[]
}

const READ = ['get', 'list', 'watch']
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update']
const ALL = ['*']

const rule = (verbs: string[], group: string | string[], ...resources: string[]): PolicyRule => ({
  verbs,
  apiGroups: Array.isArray(group) ? group : [group],
  resources,
})
const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs })
const events: PolicyRule = rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], 'events')

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-'

/** What a user of a namespace may see; the same again for writing. */
const WORKLOADS: readonly [group: string, ...resources: string[]][] = [
  [
    '',
    'configmaps',
    'endpoints',
    'persistentvolumeclaims',
    'pods',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
    'services',
  ],
  [
    'apps',
    'controllerrevisions',
    'daemonsets',
    'deployments',
    'deployments/scale',
    'replicasets',
    'replicasets/scale',
    'statefulsets',
    'statefulsets/scale',
  ],
  ['autoscaling', 'horizontalpodautoscalers'],
  ['batch', 'cronjobs', 'jobs'],
  ['discovery.k8s.io', 'endpointslices'],
  ['networking.k8s.io', 'ingresses', 'networkpolicies'],
  ['policy', 'poddisruptionbudgets'],
]
const OBSERVED = rule(
  READ,
  '',
  'bindings',
  'events',
  'limitranges',
  'namespaces',
  'namespaces/status',
  'pods/log',
  'pods/status',
  'replicationcontrollers/status',
  'resourcequotas',
  'resourcequotas/status',
)
const VIEW = [...WORKLOADS.map(([group, ...resources]) => rule(READ, group, ...resources)), OBSERVED]
/** Only controllers write these. */
const MADE_BY_CONTROLLERS = new Set(['endpoints', 'controllerrevisions', 'endpointslices'])
const EDIT = [
  rule(READ, '', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
  rule(['impersonate'], '', 'serviceaccounts'),
  rule(
    WRITE,
    '',
    'pods',
    'pods/attach',
    'pods/exec',
    'pods/portforward',
    'pods/proxy',
    'secrets',
    'services/proxy',
    'events',
  ),
  rule(['create'], '', 'pods/eviction', 'serviceaccounts/token'),
  ...WORKLOADS.map(([group, ...resources]) =>
    rule(WRITE, group, ...resources.filter(r => !MADE_BY_CONTROLLERS.has(r))),
  ).filter(({ resources }) => resources!.length > 0),
  rule(
    ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    'coordination.k8s.io',
    'leases',
  ),
]

/** What every node may do, besides what the node authorizer lets it do with its own. */
export const nodeRules: readonly PolicyRule[] = [
  rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
  rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews', 'subjectaccessreviews'),
  rule(READ, '', 'services'),
  rule(['get'], '', 'namespaces', 'serviceaccounts'),
  rule(['create', 'delete', 'get'], '', 'pods'),
  rule(['create'], '', 'pods/eviction'),
  events,
  rule(['create', 'get', 'list', 'watch'], 'certificates.k8s.io', 'certificatesigningrequests'),
  rule(READ, 'certificates.k8s.io', 'clustertrustbundles'),
  rule(READ, 'node.k8s.io', 'runtimeclasses'),
  rule(READ, 'storage.k8s.io', 'csidrivers'),
]

/** The roles every cluster has (upstream plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */
export const clusterRoles: readonly RoleStatement[] = [
  { name: 'cluster-admin', rules: [rule(ALL, '*', '*'), { verbs: ALL, nonResourceURLs: ['*'] }] },
  {
    name: 'system:discovery',
    rules: [
      paths(
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ),
    ],
  },
  {
    name: 'system:monitoring',
    rules: [paths('/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*')],
  },
  {
    name: 'system:basic-user',
    rules: [
      rule(['create'], 'authorization.k8s.io', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
      rule(['create'], 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  { name: 'system:public-info-viewer', rules: [paths('/healthz', '/livez', '/readyz', '/version', '/version/')] },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      paths(
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ),
    ],
  },
  { name: 'admin', rules: [], aggregate: [{ [`${AGGREGATE}admin`]: 'true' }] },
  { name: 'edit', rules: [], labels: { [`${AGGREGATE}admin`]: 'true' }, aggregate: [{ [`${AGGREGATE}edit`]: 'true' }] },
  { name: 'view', rules: [], labels: { [`${AGGREGATE}edit`]: 'true' }, aggregate: [{ [`${AGGREGATE}view`]: 'true' }] },
  {
    name: 'system:aggregate-to-admin',
    labels: { [`${AGGREGATE}admin`]: 'true' },
    rules: [
      rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'),
      rule([...READ, ...WRITE], 'rbac.authorization.k8s.io', 'rolebindings', 'roles'),
    ],
  },
  { name: 'system:aggregate-to-edit', labels: { [`${AGGREGATE}edit`]: 'true' }, rules: EDIT },
  { name: 'system:aggregate-to-view', labels: { [`${AGGREGATE}view`]: 'true' }, rules: VIEW },
  {
    name: 'system:aggregated-metrics-reader',
    labels: { [`${AGGREGATE}admin`]: 'true', [`${AGGREGATE}edit`]: 'true', [`${AGGREGATE}view`]: 'true' },
    rules: [rule(READ, 'metrics.k8s.io', 'nodes', 'pods')],
  },
  {
    name: 'tsukube:explanations-reader',
    labels: { [`${AGGREGATE}admin`]: 'true', [`${AGGREGATE}edit`]: 'true', [`${AGGREGATE}view`]: 'true' },
    rules: [rule(READ, 'why.tsukube.dev', 'explanations')],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
      rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule(READ, '', 'nodes'),
      rule(['proxy'], '', 'nodes'),
      rule(
        ALL,
        '',
        'nodes/configz',
        'nodes/healthz',
        'nodes/log',
        'nodes/metrics',
        'nodes/pods',
        'nodes/proxy',
        'nodes/stats',
      ),
    ],
  },
  { name: 'system:node', rules: nodeRules },
  {
    name: 'system:node-proxier',
    rules: [
      events,
      rule(READ, '', 'nodes', 'services'),
      rule(READ, 'discovery.k8s.io', 'endpointslices'),
      rule(READ, 'networking.k8s.io', 'networkpolicies', 'servicecidrs'),
    ],
  },
  {
    name: 'system:kube-dns',
    rules: [
      rule(READ, '', 'endpoints', 'namespaces', 'services'),
      rule([...READ, 'create', 'update', 'patch', 'delete'], 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      events,
      rule([...READ, 'create', 'delete', 'update'], '', 'persistentvolumes'),
      rule([...READ, 'update'], '', 'persistentvolumeclaims'),
      rule(['update'], '', 'persistentvolumeclaims/status'),
      rule(READ, 'storage.k8s.io', 'storageclasses'),
    ],
  },
  {
    name: 'system:ingress-nginx',
    rules: [
      events,
      rule(READ, '', 'secrets', 'services'),
      rule(READ, 'discovery.k8s.io', 'endpointslices'),
      rule(READ, 'networking.k8s.io', 'ingresses', 'ingressclasses'),
      rule(['update', 'patch'], 'networking.k8s.io', 'ingresses/status'),
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      events,
      rule([...READ, 'create', 'update', 'patch'], 'coordination.k8s.io', 'leases'),
      rule(
        READ,
        '',
        'nodes',
        'namespaces',
        'services',
        'replicationcontrollers',
        'persistentvolumeclaims',
        'persistentvolumes',
      ),
      rule([...READ, 'delete'], '', 'pods'),
      rule(['create'], '', 'bindings', 'pods/binding'),
      rule(['patch', 'update'], '', 'pods/status'),
      rule(READ, 'apps', 'replicasets', 'statefulsets'),
      rule(READ, 'policy', 'poddisruptionbudgets'),
      rule(READ, 'resource.k8s.io', 'deviceclasses', 'resourceslices'),
      rule([...READ, 'update'], 'resource.k8s.io', 'resourceclaims'),
      rule(['patch', 'update'], 'resource.k8s.io', 'resourceclaims/status'),
      rule(READ, 'scheduling.k8s.io', 'priorityclasses'),
      rule(
        READ,
        'storage.k8s.io',
        'storageclasses',
        'csidrivers',
        'csinodes',
        'csistoragecapacities',
        'volumeattachments',
      ),
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule([...READ, 'patch', 'update'], '', 'persistentvolumes', 'persistentvolumeclaims'),
      rule(READ, 'storage.k8s.io', 'storageclasses'),
    ],
  },
]

export const clusterRoleBindings: readonly BindingStatement[] = [
  { name: 'cluster-admin', role: 'cluster-admin', subjects: [{ kind: 'Group', name: 'system:masters' }] },
  { name: 'system:monitoring', role: 'system:monitoring', subjects: [{ kind: 'Group', name: 'system:monitoring' }] },
  { name: 'system:discovery', role: 'system:discovery', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
  { name: 'system:basic-user', role: 'system:basic-user', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
  {
    name: 'system:public-info-viewer',
    role: 'system:public-info-viewer',
    subjects: [
      { kind: 'Group', name: 'system:authenticated' },
      { kind: 'Group', name: 'system:unauthenticated' },
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    role: 'system:service-account-issuer-discovery',
    subjects: [{ kind: 'Group', name: 'system:serviceaccounts' }],
  },
  // The node authorizer stands for it.
  { name: 'system:node', role: 'system:node', subjects: [] },
  {
    name: 'system:node-proxier',
    role: 'system:node-proxier',
    subjects: [{ kind: 'User', name: 'system:kube-proxy' }],
  },
  { name: 'system:kube-dns', role: 'system:kube-dns', subjects: [{ kind: 'User', name: 'system:kube-dns' }] },
  {
    name: 'system:local-path-provisioner',
    role: 'system:persistent-volume-provisioner',
    subjects: [{ kind: 'User', name: 'system:local-path-provisioner' }],
  },
  {
    name: 'system:ingress-nginx',
    role: 'system:ingress-nginx',
    subjects: [{ kind: 'User', name: 'system:ingress-nginx' }],
  },
  {
    name: 'system:kube-scheduler',
    role: 'system:kube-scheduler',
    subjects: [{ kind: 'User', name: 'system:kube-scheduler' }],
  },
  {
    name: 'system:volume-scheduler',
    role: 'system:volume-scheduler',
    subjects: [{ kind: 'User', name: 'system:kube-scheduler' }],
  },
]

/** The role a controller needs, read off its declaration. */
export function controllerRole(controller: Controller): RoleStatement {
  const { for: main, owns = [], watches = [], reads = [], writes } = controller
  const seen = [...(main ? [main] : []), ...owns, ...reads, ...watches.map(w => w.kind)]
  return {
    name: `system:controller:${accountOf(controller)}`,
    rules: [
      events,
      ...seen.map(kind => rule(READ, kind.group, kind.plural)),
      ...writes.map(({ kind, subresource, verbs }) =>
        rule([...verbs], kind.group, subresource ? `${kind.plural}/${subresource}` : kind.plural),
      ),
    ],
  }
}

/** The user a controller acts as: its service account. */
export const controllerUser = (controller: Pick<Controller, 'name' | 'account'>): string =>
  `system:serviceaccount:kube-system:${accountOf(controller)}`
