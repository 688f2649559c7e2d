import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Secret } from '../../api/core/secret.ts'

/** PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

const textOf = (secret: Secret, key: string): string | undefined => {
  const value = secret.data?.[key]
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
}

/** Certificate and key of a Secret. Throws an Error that says what is wrong with it. */
export function certificateOf(secret: Secret | undefined): Certificate {
  if (!secret) throw new Error('it does not exist')
  const certificate = textOf(secret, 'tls.crt')
  const key = textOf(secret, 'tls.key')
  if (!certificate || !key) throw new Error('it has no tls.crt and tls.key')
  let fits: boolean
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch (error) {
    throw new Error(`its certificate or key cannot be read: ${(error as Error).message}`)
  }
  if (!fits) throw new Error('its key is not that of its certificate')
  return { certificate, key }
}

/** The lines `name:hash` of a Secret for basic authentication, if it has them. */
export const usersOf = (secret: Secret | undefined): string | undefined => secret && textOf(secret, 'auth')
