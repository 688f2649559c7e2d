import type { At } from '../../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../../apimachinery/validation/names.ts'
import { validateFieldRef, validateResourceFieldRef } from './field-refs.ts'
import { validateLocalPath } from './paths.ts'
import { validateSignerName } from './signer-name.ts'
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from './volume-config.ts'

const MODE_MESSAGE = 'must be a number between 0 and 0777 (octal), both inclusive'
const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']

export function validateMode(mode: number | undefined, at: At): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) at.invalid(mode, MODE_MESSAGE)
}

export function validateKeyToPath(item: KeyToPath, at: At): void {
  validateLocalPath(item.path, at.child('path'))
  validateMode(item.mode, at.child('mode'))
}

/** A whole ConfigMap or Secret as a volume: it has to be named. */
export function validateNamed(name: string | undefined, at: At): void {
  if (!name) at.required()
}

export function validateDownwardFile(file: DownwardAPIVolumeFile, at: At): void {
  validateLocalPath(file.path, at.child('path'))
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, FILE_FIELDS, at.child('fieldRef'))
    if (file.resourceFieldRef) {
      at.invalid('resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
    }
  } else if (file.resourceFieldRef) {
    validateResourceFieldRef(file.resourceFieldRef, at.child('resourceFieldRef'), true)
  } else {
    at.required('one of fieldRef and resourceFieldRef is required')
  }
  validateMode(file.mode, at.child('mode'))
}

const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32

export function validateServiceAccountToken(token: ServiceAccountTokenProjection, at: At): void {
  const seconds = token.expirationSeconds
  const place = at.child('expirationSeconds')
  if (seconds < MIN_TOKEN_SECONDS) place.invalid(seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > MAX_TOKEN_SECONDS) place.invalid(seconds, 'may not specify a duration larger than 2^32 seconds')
  validateLocalPath(token.path, at.child('path'))
}

export function validateClusterTrustBundle(bundle: ClusterTrustBundleProjection, at: At): void {
  const { name, signerName } = bundle
  if (name !== undefined && signerName !== undefined) {
    at.invalid(bundle, 'only one of name and signerName may be used')
  } else if (name !== undefined) {
    if (name === '') at.child('name').required('must be a valid object name')
    if (bundle.labelSelector) {
      at.child('labelSelector').invalid(bundle.labelSelector, 'labelSelector must be unset if name is specified')
    }
  } else if (signerName !== undefined) {
    if (signerName === '') at.child('signerName').required('must be a valid signer name')
    else validateSignerName(signerName, at.child('signerName'))
  } else {
    at.required('either name or signerName must be specified')
  }
  validateLocalPath(bundle.path, at.child('path'))
}

const MIN_CERTIFICATE_SECONDS = 3600
const MAX_CERTIFICATE_SECONDS = 91 * 86_400
const MAX_KUBERNETES_CERTIFICATE_SECONDS = 86_400
const CERTIFICATE_PATHS = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const

function validatePodCertificate(certificate: PodCertificateProjection, at: At): void {
  const { signerName, maxExpirationSeconds: seconds } = certificate
  validateSignerName(signerName, at.child('signerName'))
  for (const key in certificate.userAnnotations) {
    const place = at.child('userAnnotations')
    const messages = isQualifiedName(key.toLowerCase())
    place.invalidEach(key, messages)
    if (messages.length === 0 && !key.includes('/')) {
      place.invalid(key, 'must be a domain-prefixed key (such as "acme.io/foo")')
    }
  }
  if (seconds !== undefined) {
    const place = at.child('maxExpirationSeconds')
    const max = /^([^/]+\.)?kubernetes\.io\//.test(signerName)
      ? MAX_KUBERNETES_CERTIFICATE_SECONDS
      : MAX_CERTIFICATE_SECONDS
    if (seconds < MIN_CERTIFICATE_SECONDS) {
      place.invalid(seconds, `if provided, maxExpirationSeconds must be >= ${MIN_CERTIFICATE_SECONDS}`)
    }
    if (seconds > max) place.invalid(seconds, `if provided, maxExpirationSeconds must be <= ${max}`)
  }
  const given = CERTIFICATE_PATHS.filter(field => certificate[field])
  if (given.length === 0) {
    at.required('specify at least one of credentialBundlePath, keyPath, and certificateChainPath')
  }
  for (const field of given) validateLocalPath(certificate[field]!, at.child(field))
}

/** The files that one part of a projected volume writes, and what to call it in an error. */
function filesOf(source: VolumeProjection): { readonly path: string; readonly of: string }[] {
  const certificate = source.podCertificate
  return [
    ...(source.secret?.items ?? []).map(({ path }) => ({ path, of: source.secret?.name ?? '' })),
    ...(source.configMap?.items ?? []).map(({ path }) => ({ path, of: source.configMap?.name ?? '' })),
    ...(source.downwardAPI?.items ?? []).map(({ path }) => ({ path, of: path })),
    ...(source.clusterTrustBundle ? [source.clusterTrustBundle.path] : []).map(path => ({ path, of: path })),
    ...CERTIFICATE_PATHS.flatMap(field => certificate?.[field] ?? []).map(path => ({ path, of: path })),
  ].filter(({ path }) => path !== '')
}

export function validateProjected(volume: ProjectedVolumeSource, at: At): void {
  const paths = new Set<string>()
  validateMode(volume.defaultMode, at.child('defaultMode'))
  volume.sources?.forEach((source, i) => {
    const place = at.child('sources').index(i)
    if (source.secret) validateNamed(source.secret.name, place.child('secret', 'name'))
    if (source.configMap) validateNamed(source.configMap.name, place.child('configMap', 'name'))
    if (source.podCertificate) validatePodCertificate(source.podCertificate, place.child('podCertificate'))
    for (const { path, of } of filesOf(source)) {
      if (paths.has(path)) at.invalid(of, 'conflicting duplicate paths')
      paths.add(path)
    }
    if (Object.keys(source).length > 1) place.forbidden('may not specify more than 1 volume type per source')
  })
}
