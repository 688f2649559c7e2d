import { aesCbc, aesGcm } from './aes.ts'
import type { Cipher } from './cipher.ts'
import type { Provider } from './configuration.ts'
import { secretbox } from './secretbox.ts'

/** What every encrypted value in the store begins with. */
const ENCRYPTED = 'k8s:enc:'

/** Whether a stored value is encrypted. Values that are not begin with the length of their head, which is never so large. */
export function isEncrypted(value: Uint8Array): boolean {
  return value[0] === 0x6b && value.length > ENCRYPTED.length && latin1(value, ENCRYPTED.length) === ENCRYPTED
}

/** How an encrypted value says it was made, as `aescbc:v1:key1`. */
export function providerOf(value: Uint8Array): string {
  return latin1(value, 128).slice(ENCRYPTED.length).split(':', 3).join(':')
}

/** What a stored value turned out to be. */
export interface FromStorage {
  readonly plain: Uint8Array
  /** It would be written otherwise today: with another key, or encrypted at all. */
  readonly stale: boolean
}

/** One key of one provider; no cipher for identity, whose prefix is empty. */
interface Way {
  readonly prefix: Buffer
  readonly cipher: Cipher | undefined
}

/** The ways of a resource, in the order of its configuration: the first writes, all read (upstream storage/value). */
export class Transformer {
  readonly #ways: readonly Way[]

  constructor(providers: readonly Provider[]) {
    this.#ways = providers.flatMap(waysOf)
  }

  toStorage(plain: Uint8Array, path: string): Uint8Array {
    const { prefix, cipher } = this.#ways[0]!
    return cipher ? Buffer.concat([prefix, cipher.encrypt(plain, path)]) : plain
  }

  /** Throws Error where none of the keys fits. */
  fromStorage(value: Uint8Array, path: string): FromStorage {
    const errors: string[] = []
    for (const [i, { prefix, cipher }] of this.#ways.entries()) {
      if (!cipher) {
        if (isEncrypted(value)) continue
        return { plain: value, stale: i > 0 }
      }
      if (prefix.compare(value, 0, prefix.length) !== 0) continue
      try {
        return { plain: cipher.decrypt(value.subarray(prefix.length), path), stale: i > 0 }
      } catch (error) {
        errors.push((error as Error).message)
      }
    }
    throw new Error(errors.length > 0 ? [...new Set(errors)].join(', ') : 'no matching prefix found')
  }
}

function waysOf({ aescbc, aesgcm, secretbox: box }: Provider): Way[] {
  if (aescbc) return aescbc.keys.map(key => wayOf('aescbc', key, aesCbc))
  if (aesgcm) return aesgcm.keys.map(key => wayOf('aesgcm', key, aesGcm))
  if (box) return box.keys.map(key => wayOf('secretbox', key, secretbox))
  return [{ prefix: Buffer.alloc(0), cipher: undefined }]
}

function wayOf(type: string, key: { name: string; secret: string }, cipher: (key: Buffer) => Cipher): Way {
  return {
    prefix: Buffer.from(`${ENCRYPTED}${type}:v1:${key.name}:`),
    cipher: cipher(Buffer.from(key.secret, 'base64')),
  }
}

const latin1 = (value: Uint8Array, end: number) =>
  Buffer.from(value.buffer, value.byteOffset, Math.min(end, value.length)).toString('latin1')
