import { accountOf, type Controller } from '../../client/controller.ts'
import { certificateRoles } from './certificate-roles.ts'
import { type BindingStatement, events, type PolicyRule, READ, type RoleStatement, rule } from './role-statement.ts'
import { userRoles } from './user-roles.ts'

const ALL = ['*']
const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs })

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
  ...userRoles,
  ...certificateRoles,
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
    name: 'system:node-problem-detector',
    rules: [rule(['get'], '', 'nodes'), rule(['patch'], '', 'nodes/status'), events],
  },
  {
    name: 'system:heapster',
    rules: [rule(READ, '', 'events', 'namespaces', 'nodes', 'pods'), rule(READ, 'extensions', 'deployments')],
  },
  { name: 'system:kube-aggregator', rules: [rule(READ, '', 'endpoints', 'services')] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      events,
      rule(['create'], 'coordination.k8s.io', 'leases'),
      { ...rule(['get', 'update'], 'coordination.k8s.io', 'leases'), resourceNames: ['kube-controller-manager'] },
      rule(['create'], '', 'secrets', 'serviceaccounts', 'serviceaccounts/token'),
      rule(['delete'], '', 'secrets'),
      rule(['get'], '', 'configmaps', 'namespaces', 'secrets', 'serviceaccounts'),
      rule(['update'], '', 'secrets', 'serviceaccounts'),
      rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
      rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
      rule(['list', 'watch'], '*', '*'),
    ],
  },
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
      rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
      rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
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
      rule(READ, 'scheduling.k8s.io', 'podgroups', 'priorityclasses'),
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
    name: 'system:kube-controller-manager',
    role: 'system:kube-controller-manager',
    subjects: [{ kind: 'User', name: 'system:kube-controller-manager' }],
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
