import { MachineError } from '../../apimachinery/machine-error.ts'
import { isEncrypted, providerOf } from './transformer.ts'

/** The error for a stored value that the keys at hand do not open. */
export function unreadable(path: string, value: Uint8Array, why: string): MachineError {
  const how = isEncrypted(value) ? `, which is encrypted with ${providerOf(value)}` : ''
  return new MachineError(
    `${path} in the store cannot be read`,
    `unable to transform key ${JSON.stringify(path)}${how}: ${why}`,
    'Nothing in the store has been changed. Start with an encryption configuration (--encryption-provider-config) that has the key it was written with.',
  )
}

/** Refuses a value that is encrypted although no configuration says how to read it. */
export function requirePlain(path: string, value: Uint8Array): void {
  if (isEncrypted(value)) throw unreadable(path, value, 'no encryption configuration covers this resource')
}
