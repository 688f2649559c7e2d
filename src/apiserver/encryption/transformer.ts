import { createHash } from 'node:crypto'
import { aesCbc, aesGcm } from './aes.ts'
import type { Cipher } from './cipher.ts'
import type { KeyServiceConfiguration, Provider } from './configuration.ts'
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
  /** What it was written with. */
  readonly how: string
  /** It would be written otherwise today: with another key, or encrypted at all. */
  readonly stale: boolean
}

/** One key of one provider; no cipher for identity, whose prefix is empty. */
interface Way {
  readonly prefix: Buffer
  readonly cipher: Cipher | undefined
  /** What tells it from other ways, those with the same prefix and another key included. */
  readonly id: string
}

/** Makes the cipher of a key service. */
export type KeyServices = (configuration: KeyServiceConfiguration) => Cipher

const NO_KEY_SERVICES: KeyServices = ({ name }) => {
  throw new Error(`there is no key service ${name}`)
}

/** The ways of a resource, in the order of its configuration: the first writes, all read (upstream storage/value). */
export class Transformer {
  readonly #ways: readonly Way[]

  constructor(providers: readonly Provider[], keyServices: KeyServices = NO_KEY_SERVICES) {
    this.#ways = providers.flatMap(provider => waysOf(provider, keyServices))
  }

  /** Sees to it that `toStorage` has its key; undefined where it has. Rejects where nobody gives it. */
  ready(): Promise<void> | undefined {
    return this.#ways[0]!.cipher?.ready?.()
  }

  toStorage(plain: Uint8Array, path: string): Uint8Array {
    const { prefix, cipher } = this.#ways[0]!
    return cipher ? Buffer.concat([prefix, cipher.encrypt(plain, path)]) : plain
  }

  /** What is written now is written with. */
  get how(): string {
    const { id, cipher } = this.#ways[0]!
    return `${id}${cipher?.version ?? ''}`
  }

  /** Sees to it that `fromStorage` has the key of a value; undefined where it has. Rejects where nobody gives it. */
  prepare(value: Uint8Array): Promise<void> | undefined {
    for (const { prefix, cipher } of this.#ways) {
      if (cipher?.prepare && startsWith(value, prefix)) return cipher.prepare(value.subarray(prefix.length))
    }
    return undefined
  }

  /** Throws Error where none of the keys fits. */
  fromStorage(value: Uint8Array, path: string): FromStorage {
    const errors: string[] = []
    for (const { prefix, cipher, id } of this.#ways) {
      if (!cipher) {
        if (isEncrypted(value)) continue
        return { plain: value, how: id, stale: id !== this.how }
      }
      if (!startsWith(value, prefix)) continue
      const data = value.subarray(prefix.length)
      try {
        const plain = cipher.decrypt(data, path)
        const how = `${id}${cipher.versionOf?.(data) ?? ''}`
        return { plain, how, stale: how !== this.how }
      } catch (error) {
        errors.push((error as Error).message)
      }
    }
    throw new Error(errors.length > 0 ? [...new Set(errors)].join(', ') : 'no matching prefix found')
  }
}

const startsWith = (value: Uint8Array, prefix: Buffer): boolean => prefix.compare(value, 0, prefix.length) === 0

function waysOf({ aescbc, aesgcm, secretbox: box, kms }: Provider, keyServices: KeyServices): Way[] {
  if (aescbc) return aescbc.keys.map(key => wayOf('aescbc', key, aesCbc))
  if (aesgcm) return aesgcm.keys.map(key => wayOf('aesgcm', key, aesGcm))
  if (box) return box.keys.map(key => wayOf('secretbox', key, secretbox))
  if (kms) {
    const prefix = `${ENCRYPTED}kms:v2:${kms.name}:`
    return [{ prefix: Buffer.from(prefix), cipher: keyServices(kms), id: prefix }]
  }
  return [{ prefix: Buffer.alloc(0), cipher: undefined, id: '' }]
}

function wayOf(type: string, key: { name: string; secret: string }, cipher: (key: Buffer) => Cipher): Way {
  const prefix = `${ENCRYPTED}${type}:v1:${key.name}:`
  const secret = Buffer.from(key.secret, 'base64')
  const id = `${prefix}${createHash('sha256').update(secret).digest('base64')}`
  return { prefix: Buffer.from(prefix), cipher: cipher(secret), id }
}

const latin1 = (value: Uint8Array, end: number) =>
  Buffer.from(value.buffer, value.byteOffset, Math.min(end, value.length)).toString('latin1')
