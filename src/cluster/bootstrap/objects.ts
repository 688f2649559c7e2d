import { apiService } from '../../api/apiregistration/apiservice.ts'
import { configMap } from '../../api/core/configmap.ts'
import { endpoints } from '../../api/core/endpoints.ts'
import { namespace } from '../../api/core/namespace.ts'
import { service } from '../../api/core/service.ts'
import { endpointSlice } from '../../api/discovery/endpointslice.ts'
import { ingressClass } from '../../api/networking/ingressclass.ts'
import { serviceCIDR } from '../../api/networking/servicecidr.ts'
import { clusterRole } from '../../api/rbac/clusterrole.ts'
import { clusterRoleBinding } from '../../api/rbac/clusterrolebinding.ts'
import { role } from '../../api/rbac/role.ts'
import { roleBinding } from '../../api/rbac/rolebinding.ts'
import { priorityClass } from '../../api/scheduling/priorityclass.ts'
import { storageClass } from '../../api/storage/storageclass.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { InputOf, Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Client, ObjectKey } from '../../client/client.ts'
import { accountOf, type Controller } from '../../client/controller.ts'
import { LOCAL_PATH } from '../../kubelet/local-path/index.ts'
import { FRONT_PROXY } from '../pki/pki.ts'
import { AUTOMANAGED, localApiServices } from './api-services.ts'
import { namespaceRoleBindings, namespaceRoles } from './namespace-roles.ts'
import type { BindingStatement, NamespacedRole, PolicyRule, RoleStatement } from './role-statement.ts'
import { clusterRoleBindings, clusterRoles, controllerRole } from './roles.ts'

const BOOTSTRAP = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const AUTO_UPDATE_KEY = 'rbac.authorization.kubernetes.io/autoupdate'
const AUTO_UPDATE = { [AUTO_UPDATE_KEY]: 'true' }
export const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

export interface BootstrapOptions {
  /** ClusterIP of the kube-dns Service. */
  readonly dnsServiceAddress?: string
  /** ClusterIP of the `kubernetes` Service. */
  readonly apiServiceAddress?: string
  /** The range of ClusterIPs. */
  readonly ranges: { readonly clusterIPs: string }
  readonly controllers: readonly Controller[]
  /** PEM of the authority of clients. */
  readonly ca: string
  readonly frontProxy?: { readonly ca: string }
  /** All kinds that this server answers for. */
  readonly kinds: readonly Kind[]
}

/** Makes the objects every cluster begins with, and mends those that an older version made. */
export async function bootstrap(client: Client, options: BootstrapOptions): Promise<void> {
  await Promise.all(NAMESPACES.map(name => ensure(client, namespace, { metadata: { name } })))
  const roles = [...clusterRoles, ...options.controllers.map(controllerRole)]
  await Promise.all([
    ...roles.map(role => ensureRole(client, role, roles)),
    ...clusterRoleBindings.map(binding => ensureBinding(client, binding)),
    ...options.controllers.map(controller => ensureBinding(client, controllerBinding(controller))),
    ...namespaceRoles.map(one => ensureNamespacedRole(client, one)),
    ...namespaceRoleBindings.map(one => ensureNamespacedBinding(client, one)),
    ensure(client, priorityClass, {
      metadata: { name: 'system-cluster-critical' },
      value: 2_000_000_000,
      description: 'For pods the cluster cannot do without; they may be moved to another node.',
    }),
    ensure(client, priorityClass, {
      metadata: { name: 'system-node-critical' },
      value: 2_000_001_000,
      description: 'For pods a node cannot do without; they must stay on it.',
    }),
    ensure(client, serviceCIDR, { metadata: { name: 'kubernetes' }, spec: { cidrs: [options.ranges.clusterIPs] } }),
    ensure(client, ingressClass, {
      metadata: { name: 'nginx', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'k8s.io/ingress-nginx' },
    }),
    ensure(client, storageClass, {
      metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: LOCAL_PATH,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    }),
  ])
  await Promise.all([ensureLocalApiServices(client, options.kinds), ensureExtensionAuthentication(client, options)])
  const { apiServiceAddress, dnsServiceAddress } = options
  if (apiServiceAddress) await ensureApiService(client, apiServiceAddress)
  if (dnsServiceAddress) await ensureDnsService(client, dnsServiceAddress)
}

async function ensureLocalApiServices(client: Client, kinds: readonly Kind[]): Promise<void> {
  const wanted = localApiServices(kinds)
  const names = new Set(wanted.map(({ metadata }) => metadata.name))
  const labelSelector = Object.entries(AUTOMANAGED)
    .map(pair => pair.join('='))
    .join(',')
  const { items } = await client.list(apiService, { labelSelector })
  const outdated = items.filter(({ metadata }) => !names.has(metadata.name!))
  await Promise.all([
    ...wanted.map(service => ensure(client, apiService, service)),
    ...outdated.map(({ metadata }) => client.delete(apiService, { name: metadata.name! })),
  ])
}

/** What extension servers need to know to believe this one (upstream clusterauthenticationtrust). */
async function ensureExtensionAuthentication(client: Client, { ca, frontProxy }: BootstrapOptions): Promise<void> {
  const name = 'extension-apiserver-authentication'
  const metadata = { name, namespace: 'kube-system' }
  await replace(client, configMap, {
    metadata,
    data: {
      'client-ca-file': ca,
      ...(frontProxy && {
        'requestheader-client-ca-file': frontProxy.ca,
        'requestheader-allowed-names': JSON.stringify([FRONT_PROXY]),
        'requestheader-username-headers': '["X-Remote-User"]',
        'requestheader-uid-headers': '["X-Remote-Uid"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      }),
    },
  })
}

/** The cluster's name server: every node answers for its own pods. */
async function ensureDnsService(client: Client, clusterIP: string): Promise<void> {
  await ensure(client, service, {
    metadata: {
      name: 'kube-dns',
      namespace: 'kube-system',
      labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
    },
    spec: {
      clusterIP,
      internalTrafficPolicy: 'Local',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  })
}

/** Lets pods find the API server under the name `kubernetes`: where the server really listens, seen from the cluster. */
export async function publishApiServer(client: Client, address: string, port: number): Promise<void> {
  const metadata = { name: 'kubernetes', namespace: 'default' }
  const slice = {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }
  const subsets = [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }]
  await replace(client, endpointSlice, slice)
  await replace(client, endpoints, {
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets,
  })
}

async function ensureApiService(client: Client, clusterIP: string): Promise<void> {
  await ensure(client, service, {
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP, ports: [{ name: 'https', port: 443, targetPort: 6443, protocol: 'TCP' }] },
  })
}

function controllerBinding(controller: Controller): BindingStatement {
  const name = accountOf(controller)
  const role = `system:controller:${name}`
  const account = { kind: 'ServiceAccount' as const, name, namespace: 'kube-system' }
  return { name: role, role, subjects: [account] }
}

/** Aggregated roles begin with the rules of the bootstrap roles they select, so that they hold before any controller runs. */
function rulesOf(role: RoleStatement, all: readonly RoleStatement[], seen = new Set<string>()): PolicyRule[] {
  if (!role.aggregate || seen.has(role.name)) return [...role.rules]
  seen.add(role.name)
  const selected = all.filter(other =>
    role.aggregate!.some(labels => Object.entries(labels).every(([key, value]) => other.labels?.[key] === value)),
  )
  return selected.flatMap(other => rulesOf(other, all, seen))
}

async function ensureRole(client: Client, role: RoleStatement, all: readonly RoleStatement[]): Promise<void> {
  await reconcile(client, clusterRole, 'rules', {
    metadata: { name: role.name, labels: { ...BOOTSTRAP, ...role.labels }, annotations: AUTO_UPDATE },
    rules: rulesOf(role, all),
    ...(role.aggregate && {
      aggregationRule: { clusterRoleSelectors: role.aggregate.map(matchLabels => ({ matchLabels })) },
    }),
  })
}

async function ensureNamespacedRole(client: Client, { namespace, name, rules }: NamespacedRole): Promise<void> {
  await reconcile(client, role, 'rules', {
    metadata: { name, namespace, labels: BOOTSTRAP, annotations: AUTO_UPDATE },
    rules: [...rules],
  })
}

const bindingOf = (kind: 'ClusterRole' | 'Role', { role, subjects }: BindingStatement) => ({
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
  subjects: subjects.map(subject => ({
    ...subject,
    ...(subject.kind !== 'ServiceAccount' && { apiGroup: 'rbac.authorization.k8s.io' }),
  })),
})

async function ensureBinding(client: Client, binding: BindingStatement): Promise<void> {
  await reconcile(client, clusterRoleBinding, 'subjects', {
    metadata: { name: binding.name, labels: BOOTSTRAP, annotations: AUTO_UPDATE },
    ...bindingOf('ClusterRole', binding),
  })
}

async function ensureNamespacedBinding(
  client: Client,
  binding: BindingStatement & { readonly namespace: string },
): Promise<void> {
  const { name, namespace } = binding
  await reconcile(client, roleBinding, 'subjects', {
    metadata: { name, namespace, labels: BOOTSTRAP, annotations: AUTO_UPDATE },
    ...bindingOf('Role', binding),
  })
}

/**
 * Creates a role or binding, or adds to the one that is there what it lacks, unless somebody has said that it is to stay as it is
 * (upstream component-helpers auth/rbac/reconciliation).
 */
async function reconcile<K extends Kind>(
  client: Client,
  kind: K,
  list: 'rules' | 'subjects',
  object: Keyed<InputOf<K>>,
): Promise<void> {
  try {
    await client.create(kind, object)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error
    const { metadata } = object as { metadata: ObjectKey }
    const present = (await client.get(kind, metadata)) as KubeObject & Partial<Record<typeof list, object[]>>
    if (present.metadata.annotations?.[AUTO_UPDATE_KEY] !== 'true') return
    const wanted = ((object as Record<string, unknown>)[list] ?? []) as object[]
    const there = present[list] ?? []
    const missing = wanted.filter(one => !there.some(other => deepEqual(other, one)))
    // What aggregated roles have besides is the aggregation's business.
    if (missing.length === 0 || (present as { aggregationRule?: unknown }).aggregationRule) return
    await client.patch(kind, metadata, 'merge', { [list]: [...there, ...missing] })
  }
}

/** Creates an object unless it is there. */
async function ensure<K extends Kind>(client: Client, kind: K, object: Keyed<InputOf<K>>): Promise<void> {
  try {
    await client.create(kind, object)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error
  }
}

/** Creates an object, or brings the one that is there to this state if it differs. */
async function replace<K extends Kind>(client: Client, kind: K, object: Keyed<InputOf<K>>): Promise<void> {
  const { metadata = {}, ...wanted } = object as { metadata?: ObjectKey } & Record<string, unknown>
  try {
    const present = (await client.get(kind, metadata)) as unknown as Record<string, unknown>
    const same = Object.entries(wanted).every(([key, value]) => deepEqual(present[key], value))
    if (!same) await client.patch(kind, metadata, 'merge', wanted)
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
    await client.create(kind, object)
  }
}

type Keyed<I> = I & { metadata?: ObjectKey }
