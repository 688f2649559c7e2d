import type { At } from '../../../apimachinery/validation/at.ts'
import { isDNS1123Label, isDNS1123Subdomain } from '../../../apimachinery/validation/names.ts'

const MAX_DOMAIN = 253
const MAX_PATH = 63

/** A signer of certificates: a domain, a slash and a name, as kubernetes.io/kubelet-serving. */
export function validateSignerName(name: string, at: At): void {
  if (name === '') {
    at.required()
    return
  }
  const slash = name.indexOf('/')
  if (slash <= 0 || name.indexOf('/', slash + 1) >= 0 || slash === name.length - 1) {
    at.invalid(name, 'must be a fully qualified domain and path of the form "example.com/signer-name"')
    return
  }
  const [domain, path] = [name.slice(0, slash), name.slice(slash + 1)]
  const labels = domain.split('.')
  for (const message of isDNS1123Subdomain(domain))
    at.invalid(domain, `validating label ${JSON.stringify(domain)}: ${message}`)
  if (labels.length < 2) {
    at.invalid(domain, 'should be a domain with at least two segments separated by dots')
  }
  for (const label of path.split('.')) {
    for (const message of isDNS1123Label(label)) {
      at.invalid(name, `validating label ${JSON.stringify(label)}: ${message}`)
    }
  }
  if (name.length > MAX_DOMAIN + 1 + MAX_PATH * 8) at.tooLong(MAX_DOMAIN + 1 + MAX_PATH * 8)
}
