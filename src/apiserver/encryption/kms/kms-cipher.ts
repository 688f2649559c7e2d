import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../../apimachinery/clock.ts'
import { aesGcm } from '../aes.ts'
import type { Cipher } from '../cipher.ts'
import type { Encrypted, KeyService } from './key-service.ts'
import { SEED_BYTES, seededCipher } from './seeded-cipher.ts'
import { type Annotations, annotations, bytes, message, number, text } from './wire.ts'

/** A value as it lies in the store (upstream envelope/kmsv2/v2 EncryptedObject). */
interface EncryptedObject {
  readonly encryptedData: Uint8Array
  readonly keyID: string
  readonly encryptedDEKSource: Uint8Array
  readonly annotations: Annotations
  readonly encryptedDEKSourceType: number
}
export const encryptedObject = message<EncryptedObject>({
  encryptedData: [1, bytes],
  keyID: [2, text],
  encryptedDEKSource: [3, bytes],
  annotations: [4, annotations],
  encryptedDEKSourceType: [5, number],
})

/** The key is a key, or a seed for keys. */
const KEY = 0
const SEED = 1
/** How long a key is used before the service is asked whether it is still the one in use. */
const FRESH_MS = 60_000
/** How long it is used when the service does not answer. */
const EXPIRES_MS = 180_000
const MAX_SOURCE_BYTES = 1024

interface Current extends Encrypted {
  readonly cipher: Cipher
}

/**
 * Encrypts with a seed that a key service has encrypted (KMS v2, KEP-3299; upstream envelope/kmsv2). The service is asked for a
 * key only when one is needed: when the first value is written or the service's own key has changed, and for each key of
 * values that are read. What it has answered once is kept.
 */
export class KmsCipher implements Cipher {
  readonly #service: KeyService
  readonly #clock: Clock
  readonly #ciphers = new Map<string, Cipher>()
  readonly #asking = new Map<string, Promise<void>>()
  #current: Current | undefined
  #checked = 0
  #refreshing: Promise<void> | undefined

  constructor(service: KeyService, clock: Clock) {
    this.#service = service
    this.#clock = clock
  }

  ready(): Promise<void> | undefined {
    const age = this.#current ? this.#clock.now() - this.#checked : Number.POSITIVE_INFINITY
    if (age < FRESH_MS) return undefined
    const refreshed = this.#refresh()
    if (age >= EXPIRES_MS) return refreshed
    // There is a key that will do for a while.
    refreshed.catch(() => {})
    return undefined
  }

  get version(): string {
    return this.#current?.keyId ?? ''
  }

  versionOf(data: Uint8Array): string {
    return encryptedObject.decode(data).keyID
  }

  encrypt(plain: Uint8Array, path: string): Buffer {
    if (!this.#current) throw new Error('the key service has not been asked for a key')
    const { cipher, keyId, ciphertext, annotations } = this.#current
    return encryptedObject.encode({
      encryptedData: cipher.encrypt(plain, path),
      keyID: keyId,
      encryptedDEKSource: ciphertext,
      annotations,
      encryptedDEKSourceType: SEED,
    })
  }

  prepare(data: Uint8Array): Promise<void> | undefined {
    const object = encryptedObject.decode(data)
    const source = sourceOf(object)
    if (this.#ciphers.has(source)) return undefined
    let asking = this.#asking.get(source)
    if (!asking) {
      asking = this.#learn(source, object).finally(() => this.#asking.delete(source))
      this.#asking.set(source, asking)
    }
    return asking
  }

  decrypt(data: Uint8Array, path: string): Uint8Array {
    const object = encryptedObject.decode(data)
    const cipher = this.#ciphers.get(sourceOf(object))
    if (!cipher) throw new Error(`the key service has not been asked for the key of ${JSON.stringify(object.keyID)}`)
    return cipher.decrypt(object.encryptedData, path)
  }

  close(): void {
    this.#service.close()
  }

  async #learn(source: string, object: EncryptedObject): Promise<void> {
    const { encryptedDEKSource: ciphertext, keyID: keyId, annotations, encryptedDEKSourceType: type } = object
    if (type !== KEY && type !== SEED) throw new Error(`unknown encryptedDEKSourceType: ${type}`)
    try {
      const key = Buffer.from(await this.#service.decrypt({ ciphertext, keyId, annotations }))
      this.#ciphers.set(source, type === SEED ? seededCipher(key) : aesGcm(key))
    } catch (error) {
      throw new Error(`failed to decrypt DEK, error: ${(error as Error).message}`)
    }
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#askAgain().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #askAgain(): Promise<void> {
    const keyId = await this.#service.keyId()
    if (keyId !== this.#current?.keyId) {
      const seed = randomBytes(SEED_BYTES)
      const encrypted = await this.#service.encrypt(seed).catch(error => {
        throw new Error(`failed to encrypt DEK, error: ${(error as Error).message}`)
      })
      checkEncrypted(encrypted, keyId)
      const cipher = seededCipher(seed)
      this.#current = { ...encrypted, cipher }
      const { ciphertext: encryptedDEKSource, annotations } = encrypted
      this.#ciphers.set(
        sourceOf({ encryptedDEKSource, keyID: keyId, annotations, encryptedDEKSourceType: SEED }),
        cipher,
      )
    }
    this.#checked = this.#clock.now()
  }
}

function checkEncrypted({ ciphertext, keyId }: Encrypted, expected: string): void {
  if (keyId !== expected) throw new Error(`the key service encrypts with key ${keyId}, and says that it is ${expected}`)
  if (ciphertext.length === 0) throw new Error('encrypted DEK source is empty')
  if (ciphertext.length > MAX_SOURCE_BYTES) {
    const size = `${ciphertext.length} bytes, which exceeds the max size of ${MAX_SOURCE_BYTES}`
    throw new Error(`encrypted DEK source is ${size}`)
  }
}

/** What tells the keys of values apart. */
function sourceOf(object: Omit<EncryptedObject, 'encryptedData'>): string {
  const hash = createHash('sha256').update(`${object.encryptedDEKSourceType} ${object.keyID}\0`)
  for (const key of Object.keys(object.annotations).sort()) hash.update(`${key}\0`).update(object.annotations[key]!)
  return hash.update('\0').update(object.encryptedDEKSource).digest('base64')
}
