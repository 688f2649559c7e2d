import { type BindingStatement, events, type NamespacedRole, READ, rule } from './role-statement.ts'

const SYSTEM = 'kube-system'
const PUBLIC = 'kube-public'
const AUTHENTICATION = 'extension-apiserver-authentication'
const CONTROLLER = 'system:controller:'
const LOCKING = 'system::leader-locking-'

const leaderLocking = (component: string): NamespacedRole => ({
  namespace: SYSTEM,
  name: `${LOCKING}${component}`,
  rules: [
    rule(['watch'], '', 'configmaps'),
    { ...rule(['get', 'update'], '', 'configmaps'), resourceNames: [component] },
  ],
})

/** The roles of single namespaces that every cluster has (upstream bootstrappolicy/namespace_policy.go). */
export const namespaceRoles: readonly NamespacedRole[] = [
  {
    namespace: SYSTEM,
    name: `${AUTHENTICATION}-reader`,
    rules: [{ ...rule(READ, '', 'configmaps'), resourceNames: [AUTHENTICATION] }],
  },
  { namespace: SYSTEM, name: `${CONTROLLER}bootstrap-signer`, rules: [rule(READ, '', 'secrets')] },
  { namespace: SYSTEM, name: `${CONTROLLER}cloud-provider`, rules: [rule(['create', ...READ], '', 'configmaps')] },
  { namespace: SYSTEM, name: `${CONTROLLER}token-cleaner`, rules: [rule([...READ, 'delete'], '', 'secrets'), events] },
  leaderLocking('kube-controller-manager'),
  leaderLocking('kube-scheduler'),
  {
    namespace: PUBLIC,
    name: `${CONTROLLER}bootstrap-signer`,
    rules: [
      rule(READ, '', 'configmaps'),
      { ...rule(['update'], '', 'configmaps'), resourceNames: ['cluster-info'] },
      events,
    ],
  },
]

const account = (name: string) => ({ kind: 'ServiceAccount' as const, name, namespace: SYSTEM })
const user = (name: string) => ({ kind: 'User' as const, name: `system:${name}` })
const ofController = (namespace: string, name: string): BindingStatement & { namespace: string } => ({
  namespace,
  name: `${CONTROLLER}${name}`,
  role: `${CONTROLLER}${name}`,
  subjects: [account(name)],
})
const ofLeader = (component: string): BindingStatement & { namespace: string } => ({
  namespace: SYSTEM,
  name: `${LOCKING}${component}`,
  role: `${LOCKING}${component}`,
  subjects: [user(component), account(component)],
})

export const namespaceRoleBindings: readonly (BindingStatement & { readonly namespace: string })[] = [
  {
    namespace: SYSTEM,
    name: `system::${AUTHENTICATION}-reader`,
    role: `${AUTHENTICATION}-reader`,
    subjects: [user('kube-controller-manager'), user('kube-scheduler')],
  },
  ofLeader('kube-controller-manager'),
  ofLeader('kube-scheduler'),
  ofController(SYSTEM, 'bootstrap-signer'),
  ofController(SYSTEM, 'cloud-provider'),
  ofController(SYSTEM, 'token-cleaner'),
  ofController(PUBLIC, 'bootstrap-signer'),
]
