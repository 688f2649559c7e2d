import { allKinds } from '../api/index.ts'
import { oldVersions } from '../api/old-versions/index.ts'
import { readConfigFile } from '../apimachinery/config-file.ts'
import { parseDuration } from '../apimachinery/duration.ts'
import { MachineError } from '../apimachinery/machine-error.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import type { AuditOptions } from '../apiserver/audit/auditor.ts'
import { auditPolicy } from '../apiserver/audit/policy.ts'
import { authenticationConfiguration } from '../apiserver/authentication/configuration.ts'
import { authorizationConfiguration } from '../apiserver/authorization/configuration.ts'
import { encryptionConfiguration } from '../apiserver/encryption/configuration.ts'
import { servedBy } from '../apiserver/runtime-config.ts'
import { readWebhookConfig } from '../apiserver/webhook/webhook-config.ts'
import { ISSUER } from './cluster-config.ts'

/** How the API server is to work, as kube-apiserver's flags of the same names say. Paths are absolute. */
export interface ApiServerFlags {
  /** An EncryptionConfiguration (apiserver.config.k8s.io/v1): how resources are kept in the store. */
  readonly encryptionProviderConfig?: string
  /** Which versions and resources are served: `resource.k8s.io/v1beta1=true,api/alpha=true`; else alpha and beta ones are not. */
  readonly runtimeConfig?: string
  /** Requests worked on at once, together with the next: 400 and 200 when left out. */
  readonly maxRequestsInflight?: number
  readonly maxMutatingRequestsInflight?: number
  /** A Policy (audit.k8s.io/v1): which requests are recorded. */
  readonly auditPolicyFile?: string
  /** Where events are written, one on each line; `-` for standard output. */
  readonly auditLogPath?: string
  /** Days that old logs are kept; 0 or left out for ever. */
  readonly auditLogMaxage?: number
  /** How many old logs are kept; 0 or left out for all. */
  readonly auditLogMaxbackup?: number
  /** Megabytes after which a log is put aside; 100 when left out, 0 for never. */
  readonly auditLogMaxsize?: number
  /** A file in kubeconfig's form: to whom events are posted. */
  readonly auditWebhookConfigFile?: string
  /** Events posted at once; 400 when left out. */
  readonly auditWebhookBatchMaxSize?: number
  /** How long events wait for a batch to fill, as `30s`, which it is when left out. */
  readonly auditWebhookBatchMaxWait?: string
  /** An AuthenticationConfiguration (apiserver.config.k8s.io/v1): issuers of tokens, and who may come unnamed. Read again when it changes. */
  readonly authenticationConfig?: string
  /** A file in kubeconfig's form: who is asked whose a token is. */
  readonly authenticationTokenWebhookConfigFile?: string
  /** How long its answers hold, as `2m`, which it is when left out. */
  readonly authenticationTokenWebhookCacheTtl?: string
  /** Of what it is sent: v1 or v1beta1, which it is when left out. */
  readonly authenticationTokenWebhookVersion?: string
  /** An AuthorizationConfiguration (apiserver.config.k8s.io/v1): who decides; Node, then RBAC when left out. Read again when it changes. */
  readonly authorizationConfig?: string
  /** PEM of the authorities whose certificates proxies in front of the server show. */
  readonly requestheaderClientCaFile?: string
  /** Common names that these may have, by commas; any when left out. */
  readonly requestheaderAllowedNames?: string
  /** Headers in which they say who makes a request, by commas: X-Remote-User, -Uid, -Group and -Extra- when left out. */
  readonly requestheaderUsernameHeaders?: string
  readonly requestheaderUidHeaders?: string
  readonly requestheaderGroupHeaders?: string
  readonly requestheaderExtraHeadersPrefix?: string
}

/** Every built-in kind in every version. */
export const builtInKinds: readonly Kind[] = [...allKinds, ...oldVersions]

/** The parts of the server that its flags ask for. Throws MachineError where a file cannot be used. */
export function configurationOf(flags: ApiServerFlags) {
  checkAccessFiles(flags)
  const { encryptionProviderConfig, maxRequestsInflight, maxMutatingRequestsInflight } = flags
  return {
    maxRequestsInflight,
    maxMutatingRequestsInflight,
    serves: servedKinds(flags),
    audit: auditOf(flags),
    encryption: encryptionProviderConfig
      ? readConfigFile(encryptionConfiguration, encryptionProviderConfig)
      : undefined,
  }
}

function servedKinds({ runtimeConfig = '' }: ApiServerFlags): (kind: Kind) => boolean {
  try {
    return servedBy(runtimeConfig, builtInKinds)
  } catch (error) {
    throw new MachineError(
      `The API server cannot serve what --runtime-config asks for, ${runtimeConfig}`,
      (error as Error).message,
      'Name versions as GROUP/VERSION=true or api/beta=true; docs/api.md has them all.',
    )
  }
}

/** Those of who may do what are read again, and from then on watched, when the server starts. */
function checkAccessFiles(flags: ApiServerFlags): void {
  const { authenticationConfig, authorizationConfig, authenticationTokenWebhookConfigFile } = flags
  if (authenticationConfig) readConfigFile(authenticationConfiguration([ISSUER]), authenticationConfig)
  if (authorizationConfig) readConfigFile(authorizationConfiguration, authorizationConfig)
  if (authenticationTokenWebhookConfigFile) readWebhookConfig(authenticationTokenWebhookConfigFile)
}

function auditOf(flags: ApiServerFlags): AuditOptions | undefined {
  const { auditPolicyFile, auditLogPath, auditWebhookConfigFile } = flags
  if (!auditLogPath && !auditWebhookConfigFile) return undefined
  if (!auditPolicyFile) {
    throw new MachineError(
      'Nothing can be written to the audit log',
      'no policy says what',
      'Name one with --audit-policy-file.',
    )
  }
  return {
    policy: readConfigFile(auditPolicy, auditPolicyFile),
    ...(auditLogPath && {
      log: {
        path: auditLogPath,
        maxAge: flags.auditLogMaxage ?? 0,
        maxBackup: flags.auditLogMaxbackup ?? 0,
        maxSize: flags.auditLogMaxsize ?? 100,
      },
    }),
    ...(auditWebhookConfigFile && {
      webhook: {
        target: readWebhookConfig(auditWebhookConfigFile),
        batchMaxSize: flags.auditWebhookBatchMaxSize ?? 400,
        batchMaxWaitMs: parseDuration(flags.auditWebhookBatchMaxWait ?? '30s'),
      },
    }),
  }
}
