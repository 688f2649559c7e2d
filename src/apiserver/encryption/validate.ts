import { parseDuration } from '../../apimachinery/duration.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import type { EncryptionConfiguration, Key, KeyServiceConfiguration, Provider } from './configuration.ts'

const AES_KEY_SIZES = [16, 24, 32]
const SECRETBOX_KEY_SIZES = [32]
/** What upstream keeps in its store beside objects. */
const NO_RESOURCES = new Set(['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'])

/** The rules of an EncryptionConfiguration (upstream apis/apiserver/validation). */
export function validateEncryptionConfiguration({ resources }: EncryptionConfiguration, at: At): void {
  const root = at.child('resources')
  if (resources.length === 0) root.required('at least one resources is required')
  resources.forEach((config, i) => {
    const [names, providers] = [root.index(i).child('resources'), root.index(i).child('providers')]
    if (config.resources.length === 0) names.required(`at least one ${names.path} is required`)
    validateOverlap(config.resources, names)
    config.resources.forEach((name, j) => void validateName(name, names.index(j)))
    if (config.providers.length === 0) providers.required(`at least one ${providers.path} is required`)
    config.providers.forEach((provider, j) => void validateProvider(provider, providers.index(j)))
  })
  validateKmsNames(resources, root)
  if (at.errors.length === 0) validateMasks(resources, root)
}

/** `deployments.apps` is of the group apps; `*.` is all of the core group. */
export function parseGroupResource(name: string): { group: string; resource: string } {
  const dot = name.indexOf('.')
  return dot < 0 ? { group: '', resource: name } : { group: name.slice(dot + 1), resource: name.slice(0, dot) }
}

function validateOverlap(names: readonly string[], at: At): void {
  const parsed = names.map(parseGroupResource)
  if (new Set(parsed.map(({ group, resource }) => `${resource}.${group}`)).size < parsed.length) {
    at.invalid(names, 'the same resource cannot be specified multiple times')
  }
  const overlaps = parsed.some(({ group, resource }, i) =>
    parsed.some((other, j) => {
      if (i === j || (other.group === group && other.resource === resource)) return false
      if (group === '*' && resource === '*') return true
      return group === other.group && (resource === '*' || other.resource === '*')
    }),
  )
  if (overlaps) {
    at.invalid(
      names,
      "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
    )
  }
}

function validateName(name: string, at: At): void {
  const { group, resource } = parseGroupResource(name)
  if (/[A-Z]/.test(name)) at.invalid(name, 'resource name should not contain capital letters')
  else if (name === '*') {
    at.invalid(name, "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources")
  } else if (NO_RESOURCES.has(name)) at.invalid(name, 'resources which do not have REST API/s cannot be encrypted')
  else if (group === 'events.k8s.io') {
    at.invalid(
      name,
      "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file",
    )
  } else if (group === 'extensions') {
    at.invalid(name, "'extensions' group has been removed and cannot be used for encryption")
  } else if (group === '*' && resource !== '*') {
    at.invalid(name, 'encrypting the same resource across groups is not supported')
  }
}

function validateProvider(provider: Provider, at: At): void {
  const found = Object.keys(provider).length
  if (found === 0) {
    at.invalid(
      provider,
      'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
    )
  } else if (found > 1) {
    at.invalid(
      Object.keys(provider),
      'more than one provider specified in a single element, should split into different list elements',
    )
  } else if (provider.kms) validateKms(provider.kms, at.child('kms'))
  else if (provider.aesgcm) validateKeys(provider.aesgcm.keys, at.child('aesgcm', 'keys'), AES_KEY_SIZES)
  else if (provider.aescbc) validateKeys(provider.aescbc.keys, at.child('aescbc', 'keys'), AES_KEY_SIZES)
  else if (provider.secretbox) validateKeys(provider.secretbox.keys, at.child('secretbox', 'keys'), SECRETBOX_KEY_SIZES)
}

function validateKms({ name, endpoint, timeout, apiVersion, cachesize }: KeyServiceConfiguration, at: At): void {
  if (!name) at.child('name').required('name is a mandatory field for a provider')
  if (name.includes(':')) {
    at.child('name').invalid(name, `invalid KMS provider name ${name}, must not contain ':'`)
  }
  validateTimeout(timeout, at.child('timeout'))
  validateEndpoint(endpoint, at.child('endpoint'))
  const versionAt = at.child('apiVersion')
  if (apiVersion === 'v1') {
    const detail = 'KMSv1 is deprecated and is not offered here. Use KMSv2 instead.'
    versionAt.invalid(apiVersion, detail)
  } else if (apiVersion !== 'v2') {
    versionAt.invalid(apiVersion, 'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported')
  } else if (cachesize !== undefined) at.child('cachesize').invalid(cachesize, 'cachesize is not supported in v2')
}

function validateTimeout(timeout: string | undefined, at: At): void {
  if (timeout === undefined) return
  try {
    if (parseDuration(timeout) <= 0) at.invalid(timeout, 'timeout should be a positive value')
  } catch (error) {
    at.invalid(timeout, (error as Error).message)
  }
}

function validateEndpoint(endpoint: string, at: At): void {
  if (!endpoint) {
    at.invalid('', 'endpoint is a mandatory field for a kms')
    return
  }
  const scheme = /^([a-zA-Z][\w+.-]*):/.exec(endpoint)?.[1] ?? ''
  if (scheme !== 'unix') {
    at.invalid(endpoint, `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`)
  }
}

/** Stored values say by the name which key service they need. */
function validateKmsNames(configs: EncryptionConfiguration['resources'], at: At): void {
  const known = new Set<string>()
  configs.forEach(({ providers }, i) => {
    providers.forEach(({ kms }, j) => {
      if (!kms) return
      if (known.has(kms.name)) {
        const place = at.index(i).child('providers').index(j).child('kms', 'name')
        place.invalid(kms.name, `duplicate KMS provider name ${kms.name}, names must be unique`)
      }
      known.add(kms.name)
    })
  })
}

function validateKeys(keys: readonly Key[], at: At, sizes: readonly number[]): void {
  if (keys.length === 0) at.required('at least one keys is required')
  keys.forEach(({ name, secret }, i) => {
    const [nameAt, secretAt] = [at.index(i).child('name'), at.index(i).child('secret')]
    if (!name) nameAt.required('name is a mandatory field for a key')
    if (!secret) {
      secretAt.required('secret is a mandatory field for a key')
      return
    }
    const bytes = Buffer.from(secret, 'base64')
    if (bytes.toString('base64') !== secret.replace(/[\r\n]/g, '')) {
      secretAt.invalid('REDACTED', 'secrets must be base64 encoded')
    } else if (!sizes.includes(bytes.length)) {
      secretAt.invalid(
        'REDACTED',
        `secret is not of the expected length, got ${bytes.length}, expected one of [${sizes.join(' ')}]`,
      )
    }
  })
}

/** An entry after another one that covers it already would never be used. */
function validateMasks(configs: EncryptionConfiguration['resources'], at: At): void {
  const earlier = new Set<string>()
  configs.forEach(({ resources }, i) => {
    resources.forEach((name, j) => {
      const { group } = parseGroupResource(name)
      for (const mask of [`*.${group}`, '*.*']) {
        if (!earlier.has(mask)) continue
        at.index(i).child('resources').index(j).invalid(name, `resource "${name}" is masked by earlier rule "${mask}"`)
        return
      }
      earlier.add(name.includes('.') ? name : `${name}.`)
    })
  })
}
