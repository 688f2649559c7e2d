import { readFileSync } from 'node:fs'
import { node } from '../api/core/node.ts'
import { persistentVolume } from '../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { pod } from '../api/core/pod.ts'
import { secret } from '../api/core/secret.ts'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { clusterRole } from '../api/rbac/clusterrole.ts'
import { clusterRoleBinding } from '../api/rbac/clusterrolebinding.ts'
import { role } from '../api/rbac/role.ts'
import { roleBinding } from '../api/rbac/rolebinding.ts'
import { volumeAttachment } from '../api/storage/volumeattachment.ts'
import { parseDuration } from '../apimachinery/duration.ts'
import { MachineError } from '../apimachinery/machine-error.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { admissionPlugins } from '../apiserver/admission/index.ts'
import { ServiceAllocator } from '../apiserver/allocation/service-allocator.ts'
import type { ApiServer, ServerPolicy } from '../apiserver/apiserver.ts'
import { type Authenticator, forServer } from '../apiserver/authentication/authenticator.ts'
import { Authorities } from '../apiserver/authentication/authorities.ts'
import { bootstrapTokenAuthenticator } from '../apiserver/authentication/bootstrap-token.ts'
import { legacyTokenAuthenticator } from '../apiserver/authentication/legacy-token.ts'
import { LegacyTokenUse } from '../apiserver/authentication/legacy-token-use.ts'
import { requestHeaderAuthenticator } from '../apiserver/authentication/request-header.ts'
import { type BoundObjects, ServiceAccountTokens } from '../apiserver/authentication/service-account-token.ts'
import { staticTokenAuthenticator } from '../apiserver/authentication/static-token.ts'
import { StructuredAuthentication } from '../apiserver/authentication/structured.ts'
import { TokenWebhook, tokenWebhookCache } from '../apiserver/authentication/token-webhook.ts'
import { x509Authenticator } from '../apiserver/authentication/x509.ts'
import { unionAuthorizer } from '../apiserver/authorization/authorizer.ts'
import { nodeAuthorizer } from '../apiserver/authorization/node-authorizer.ts'
import { NodeGraph } from '../apiserver/authorization/node-graph.ts'
import { RbacAuthorizer, type RbacSources } from '../apiserver/authorization/rbac.ts'
import { StructuredAuthorization } from '../apiserver/authorization/structured.ts'
import { watchEncryption } from '../apiserver/encryption/reload.ts'
import { reloadMetrics } from '../apiserver/reload-metrics.ts'
import { ReviewClient } from '../apiserver/webhook/review-client.ts'
import { readWebhookConfig } from '../apiserver/webhook/webhook-config.ts'
import { nodeRules } from './bootstrap/roles.ts'
import { ISSUER } from './cluster-config.ts'
import type { ControlPlaneOptions } from './control-plane.ts'

const AUDIENCES = [ISSUER]
const DEFAULT_CACHE_TTL = '2m'

/** Who may use a server, what they may do, and what is asked of what they write. Throws MachineError where a file cannot be used. */
export function policyOf(server: ApiServer, options: ControlPlaneOptions): ServerPolicy {
  const watching = { ...options, onError: (error: Error) => options.onError?.('apiserver', 'configuration', error) }
  const reloads = (what: string) => ({
    ...watching,
    onReload: reloadMetrics(server.metrics.registry, options.clock, `apiserver_${what}_config_controller`),
  })
  if (server.encrypted && options.encryptionProviderConfig) {
    watchEncryption(server.encrypted, options.encryptionProviderConfig, reloads('encryption'))
  }
  const structured = options.authenticationConfig
    ? new StructuredAuthentication(options.authenticationConfig, AUDIENCES, reloads('authentication'))
    : undefined
  const tokens = new ServiceAccountTokens({
    key: options.serviceAccountKey,
    issuer: ISSUER,
    audiences: AUDIENCES,
    clock: options.clock,
    random: options.random,
    objects: boundObjects(server),
  })
  const proxies = requestHeaders(options)
  const { resources } = server
  return {
    authenticators: [
      ...(proxies ? [requestHeaderAuthenticator(proxies)] : []),
      x509Authenticator(proxies && new Authorities(options.ca)),
      forServer(AUDIENCES, staticTokenAuthenticator(options.staticTokens ?? new Map())),
      forServer(
        AUDIENCES,
        legacyTokenAuthenticator(options.serviceAccountKey, {
          secrets: resources.of(secret).cacher,
          accounts: resources.of(serviceAccount).cacher,
          use: new LegacyTokenUse(server, watching.onError),
        }),
      ),
      tokens,
      forServer(AUDIENCES, bootstrapTokenAuthenticator(resources.of(secret).cacher, options.clock)),
      ...(structured ? [forServer(AUDIENCES, structured)] : []),
      ...tokenWebhooks(options),
    ],
    anonymous: structured?.anonymous,
    clientAuthorities: proxies?.pem,
    ...authorization(server, options, () => reloads('authorization')),
    tokens,
    frontProxy: options.frontProxy?.client,
    admission: [...admissionPlugins(server), new ServiceAllocator(server, options.ranges)],
  }
}

function requestHeaders(options: ControlPlaneOptions) {
  const { requestheaderClientCaFile: file } = options
  if (!file) return undefined
  const list = (text: string | undefined, standard = '') => (text ?? standard).split(',').filter(Boolean)
  try {
    const pem = readFileSync(file, 'utf8')
    return {
      pem,
      authorities: new Authorities(pem),
      allowedNames: list(options.requestheaderAllowedNames),
      usernameHeaders: list(options.requestheaderUsernameHeaders, 'X-Remote-User'),
      uidHeaders: list(options.requestheaderUidHeaders, 'X-Remote-Uid'),
      groupHeaders: list(options.requestheaderGroupHeaders, 'X-Remote-Group'),
      extraHeaderPrefixes: list(options.requestheaderExtraHeadersPrefix, 'X-Remote-Extra-'),
    }
  } catch (error) {
    throw new MachineError(
      `The authorities of proxies ${file} cannot be used`,
      (error as Error).message,
      'Name a file with certificates in PEM.',
    )
  }
}

function tokenWebhooks(options: ControlPlaneOptions): Authenticator[] {
  const { authenticationTokenWebhookConfigFile: file, authenticationTokenWebhookVersion: version = 'v1beta1' } = options
  if (!file) return []
  if (version !== 'v1' && version !== 'v1beta1') {
    throw new MachineError(
      'The token webhook cannot be asked',
      `unsupported authentication webhook version ${JSON.stringify(version)}`,
      'Use v1 or v1beta1.',
    )
  }
  const client = new ReviewClient(readWebhookConfig(file), options)
  options.signal.addEventListener('abort', () => client.close(), { once: true })
  return [
    new TokenWebhook({
      client,
      version,
      cacheTtl: parseDuration(options.authenticationTokenWebhookCacheTtl ?? DEFAULT_CACHE_TTL),
      cache: tokenWebhookCache(options.clock),
      audiences: AUDIENCES,
      onError: error => options.onError?.('apiserver', 'token webhook', error),
    }),
  ]
}

function authorization(
  server: ApiServer,
  { authorizationConfig, random }: ControlPlaneOptions,
  watching: () => Omit<ConstructorParameters<typeof StructuredAuthorization>[1], 'random' | 'builtIn'>,
): Pick<ServerPolicy, 'authorizer' | 'rbac' | 'rulesIncomplete'> {
  const rbac = rbacOf(server)
  const nodes = nodeAuthorizer(nodeGraph(server), nodeRules)
  if (!authorizationConfig) return { authorizer: unionAuthorizer([nodes, rbac]), rbac }
  const builtIn = { Node: nodes, RBAC: rbac }
  const authorizer = new StructuredAuthorization(authorizationConfig, { ...watching(), random, builtIn })
  return { authorizer, rbac, rulesIncomplete: () => authorizer.asksOthers }
}

function rbacOf({ resources }: ApiServer): RbacAuthorizer {
  const cacher = (kind: unknown) => resources.of(kind as Kind).cacher
  return new RbacAuthorizer({
    roles: cacher(role),
    clusterRoles: cacher(clusterRole),
    roleBindings: cacher(roleBinding),
    clusterRoleBindings: cacher(clusterRoleBinding),
  } as unknown as RbacSources)
}

function nodeGraph({ resources }: ApiServer): NodeGraph {
  return new NodeGraph({
    pods: resources.of(pod).cacher,
    claims: resources.of(persistentVolumeClaim).cacher,
    volumes: resources.of(persistentVolume).cacher,
    attachments: resources.of(volumeAttachment).cacher,
  })
}

function boundObjects(server: ApiServer): BoundObjects {
  const kinds = { serviceaccounts: serviceAccount, pods: pod, secrets: secret, nodes: node }
  return {
    uid(resource, namespace, name) {
      const cacher = server.resources.of(kinds[resource] as unknown as Kind).cacher
      return cacher.get(namespace ? `${namespace}/${name}` : name)?.object.metadata.uid
    },
  }
}
