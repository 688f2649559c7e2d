import { X509Certificate } from 'node:crypto'
import type { At } from '../../../apimachinery/validation/at.ts'
import { isDNS1035Label } from '../../../apimachinery/validation/names.ts'
import { validateClientConfig } from '../../admissionregistration/webhook-rules.ts'
import type { CustomResourceDefinitionSpec } from '../definition-messages.ts'
import { type Options, REVIEW_VERSIONS } from './options.ts'

const STRATEGIES = ['None', 'Webhook']

/** How objects change version. */
export function validateConversion(
  { conversion, preserveUnknownFields }: CustomResourceDefinitionSpec,
  options: Options,
  at: At,
): void {
  if (!conversion) return
  const { strategy, webhook } = conversion
  const { clientConfig, conversionReviewVersions: versions = [] } = webhook ?? {}
  if (strategy !== 'None' && preserveUnknownFields) {
    at.child('strategy').invalid(strategy, 'must be None if spec.preserveUnknownFields is true')
  }
  if (strategy === '') at.child('strategy').required()
  else if (!STRATEGIES.includes(strategy)) at.child('strategy').notSupported(strategy, STRATEGIES)
  const [configAt, versionsAt] = [at.child('webhookClientConfig'), at.child('conversionReviewVersions')]
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook'
    if (clientConfig) configAt.forbidden(why)
    if (versions.length > 0) versionsAt.forbidden(why)
    return
  }
  if (!clientConfig) configAt.required('required when strategy is set to Webhook')
  else {
    validateClientConfig(clientConfig, configAt)
    const { service, url, caBundle } = clientConfig
    if (service && url === undefined) {
      if (service.name === '') configAt.child('service', 'name').required()
      if (service.namespace === '') configAt.child('service', 'namespace').required()
    }
    if (caBundle && !options.anyBundle) validateBundle(caBundle, configAt.child('caBundle'))
  }
  validateReviewVersions(versions, options.recognizedReview, versionsAt)
}

function validateReviewVersions(versions: readonly string[], recognized: boolean, at: At): void {
  if (versions.length === 0) {
    at.required()
    return
  }
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) at.index(i).invalid(version, 'duplicate version')
    else at.index(i).invalidEach(version, isDNS1035Label(version))
  })
  if (!recognized || versions.some(version => REVIEW_VERSIONS.includes(version))) return
  at.invalid(versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)
}

/** Whether these are certificates in PEM. `bundle` is in base64. */
export function isBundle(bundle: string): boolean {
  const pem = Buffer.from(bundle, 'base64').toString('latin1')
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  return blocks.some(block => {
    try {
      return new X509Certificate(block).subject !== undefined
    } catch {
      return false
    }
  })
}

function validateBundle(bundle: string, at: At): void {
  if (!isBundle(bundle)) at.invalid(bundle, 'unable to load root certificates: unable to parse bytes as PEM block')
}
