import { type PolicyRule, READ, type RoleStatement, rule, WRITE } from './role-statement.ts'

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-'

const SCALED = ['deployments', 'replicasets']
/** The group that workloads lived in before `apps`; kept so that what asks by the old names gets the same answer. */
const OLD = ['daemonsets', ...SCALED, 'ingresses', 'networkpolicies']
const withStatus = (...resources: string[]): string[] => resources.flatMap(name => [name, `${name}/status`])
const scaleOf = (...resources: string[]): string[] => resources.map(name => `${name}/scale`)

/** What may be seen of a namespace: nothing by which one could become somebody else. */
const VIEW: readonly PolicyRule[] = [
  rule(
    READ,
    '',
    'configmaps',
    'endpoints',
    ...withStatus('persistentvolumeclaims', 'services'),
    'pods',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
  ),
  rule(
    READ,
    '',
    'bindings',
    'events',
    'limitranges',
    'namespaces/status',
    'pods/log',
    'pods/status',
    'replicationcontrollers/status',
    ...withStatus('resourcequotas'),
  ),
  rule(READ, '', 'namespaces'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(
    READ,
    'apps',
    'controllerrevisions',
    ...withStatus('daemonsets', 'statefulsets', ...SCALED),
    ...scaleOf('statefulsets', ...SCALED),
  ),
  rule(READ, 'autoscaling', ...withStatus('horizontalpodautoscalers')),
  rule(READ, 'batch', ...withStatus('cronjobs', 'jobs')),
  rule(
    READ,
    'extensions',
    ...OLD,
    ...['daemonsets', 'ingresses', ...SCALED].map(name => `${name}/status`),
    ...scaleOf('replicationcontrollers', ...SCALED),
  ),
  rule(READ, 'policy', ...withStatus('poddisruptionbudgets')),
  rule(READ, 'networking.k8s.io', ...withStatus('ingresses'), 'networkpolicies'),
  rule(READ, 'resource.k8s.io', ...withStatus('resourceclaims'), 'resourceclaimtemplates'),
]

const CONNECTIONS = ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy']

/** What may be changed in a namespace, apart from who may what, and what only controllers write. */
const EDIT: readonly PolicyRule[] = [
  rule(READ, '', ...CONNECTIONS, 'secrets', 'services/proxy'),
  rule(['impersonate'], '', 'serviceaccounts'),
  rule(WRITE, '', 'pods', ...CONNECTIONS),
  rule(['create'], '', 'pods/eviction'),
  rule(
    WRITE,
    '',
    'configmaps',
    'events',
    'persistentvolumeclaims',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'secrets',
    'serviceaccounts',
    'services',
    'services/proxy',
  ),
  rule(['create'], '', 'serviceaccounts/token'),
  rule(
    WRITE,
    'apps',
    'daemonsets',
    'statefulsets',
    ...SCALED,
    ...scaleOf('statefulsets', ...SCALED),
    'deployments/rollback',
  ),
  rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  rule(WRITE, 'batch', 'cronjobs', 'jobs'),
  rule(WRITE, 'extensions', ...OLD, ...scaleOf('replicationcontrollers', ...SCALED), 'deployments/rollback'),
  rule(WRITE, 'policy', 'poddisruptionbudgets'),
  rule(WRITE, 'networking.k8s.io', 'ingresses', 'networkpolicies'),
  rule([...READ, ...WRITE], 'coordination.k8s.io', 'leases'),
  rule(WRITE, 'resource.k8s.io', 'resourceclaims', 'resourceclaimtemplates'),
]

/** What people are given, and the roles of which those are made (upstream bootstrappolicy). */
export const userRoles: readonly RoleStatement[] = [
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
]
