import type { At } from '../../apimachinery/validation/at.ts'
import { isCIdentifier, isDNS1123Label, isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { validateCSIDriverName } from '../core/pod/volume-rules.ts'

/** The forms of names in this group, after upstream's pkg/apis/resource/validation. */

const MAX_POOL_NAME = 253
const MAX_IDENTIFIER = 32
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const validateDriverName = validateCSIDriverName

export function validateLabelled(name: string, at: At): void {
  at.invalidEach(name, isDNS1123Label(name))
}

export function validateClassName(name: string, at: At): void {
  if (name === '') at.required()
  else at.invalidEach(name, isDNS1123Subdomain(name))
}

/** One or more DNS subdomains with slashes between them. */
export function validatePoolName(name: string, at: At): void {
  if (name === '') {
    at.required()
    return
  }
  if (name.length > MAX_POOL_NAME) at.tooLong(MAX_POOL_NAME)
  for (const part of name.split('/')) at.invalidEach(part, isDNS1123Subdomain(part))
}

function validateIdentifier(name: string, at: At): void {
  if (name.length > MAX_IDENTIFIER) at.tooLong(MAX_IDENTIFIER)
  at.invalidEach(name, isCIdentifier(name))
}

/** A C identifier, with or without a domain and a slash before it. */
export function validateQualifiedName(name: string, at: At): void {
  const parts = name.split('/')
  if (parts.length > 2) {
    at.invalid(name, 'must not contain more than one slash')
    return
  }
  const identifier = parts.pop()!
  const [domain] = parts
  if (domain === '') at.invalid('', 'the domain must not be empty')
  else if (domain !== undefined) validateDriverName(domain, at)
  if (domain !== undefined && identifier === '') at.invalid('', 'the name must not be empty')
  else validateIdentifier(identifier, at)
}

export function validateFullyQualifiedName(name: string, at: At): void {
  validateQualifiedName(name, at)
  if (!name.includes('/')) {
    at.invalid(name, 'a fully qualified name must be a domain and a name separated by a slash')
  }
}

export function validateUID(uid: string, at: At): void {
  if (!UUID.test(uid)) {
    at.invalid(
      uid,
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters',
    )
  }
}
