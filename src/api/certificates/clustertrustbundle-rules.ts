import { X509Certificate } from 'node:crypto'
import type { At } from '../../apimachinery/validation/at.ts'
import { nameIsDNSSubdomain } from '../../apimachinery/validation/names.ts'
import { validateSignerName } from '../core/pod/signer-name.ts'
import type { ClusterTrustBundle } from './clustertrustbundle.ts'
import { type PemBlock, pemBlocks } from './pem.ts'

/** The rules of trust bundles, after upstream's pkg/apis/certificates/validation. */

const MAX_BYTES = 1024 * 1024
/** Bundles are long: errors leave them out. */
const OMITTED = '<value omitted>'

/** A bundle of a signer has the signer's name before its own. */
function nameProblems(name: string, signerName: string): readonly string[] {
  if (signerName === '') {
    if (name.includes(':')) return ['ClusterTrustBundle without signer name must not have ":" in its name']
    return nameIsDNSSubdomain(name, false)
  }
  const prefix = `${signerName.replaceAll('/', ':')}:`
  if (!name.startsWith(prefix)) {
    return [`ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`]
  }
  return nameIsDNSSubdomain(name.slice(prefix.length), false)
}

export function validateClusterTrustBundle({ metadata, spec }: ClusterTrustBundle, at: At): void {
  const { signerName = '' } = spec
  if (metadata.name) at.child('metadata', 'name').invalidEach(metadata.name, nameProblems(metadata.name, signerName))
  if (signerName !== '') validateSignerName(signerName, at.child('spec', 'signerName'))
}

/** What is wrong with a block as one of a trust bundle. */
function problemOf({ type, hasHeaders, der }: PemBlock): string | undefined {
  if (type !== 'CERTIFICATE') return `has bad block type: ${type}`
  if (hasHeaders) return 'has PEM block headers'
  try {
    return new X509Certificate(der).ca ? undefined : 'does not have the CA bit set'
  } catch {
    return 'does not parse as X.509'
  }
}

export function validateTrustBundle(bundle: string, at: At): void {
  if (Buffer.byteLength(bundle) > MAX_BYTES) {
    at.tooLong(MAX_BYTES)
    return
  }
  const blocks = pemBlocks(bundle)
  const problems = blocks.flatMap((block, i) => {
    const problem = problemOf(block)
    return problem ? [`entry ${i} ${problem}`] : []
  })
  if (problems.length > 0) {
    at.invalidEach(OMITTED, problems)
    return
  }
  if (blocks.length === 0) at.invalid(OMITTED, 'at least one trust anchor must be provided')
  const places = new Map<string, number[]>()
  blocks.forEach(({ der }, i) => {
    const key = der.toString('base64')
    places.set(key, [...(places.get(key) ?? []), i])
  })
  for (const indices of places.values()) {
    if (indices.length > 1) at.invalid(OMITTED, `duplicate trust anchor (indices [${indices.join(' ')}])`)
  }
}
