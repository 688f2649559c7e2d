import { createHmac, randomBytes } from 'node:crypto'
import { aesGcm, tooShort } from '../aes.ts'
import type { Cipher } from '../cipher.ts'

/** Bytes of a seed, and of what each value's key is made of beside it. */
export const SEED_BYTES = 32
const INFO_BYTES = 32

/** 32 bytes of HKDF's expansion with SHA-256 (RFC 5869), which is what its first block has. */
export const expandedKey = (seed: Uint8Array, info: Uint8Array): Buffer =>
  createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest()

/**
 * AES-GCM with a key of each value's own, which is made from a seed and 32 random bytes that stand before the value (HKDF's
 * expansion with SHA-256; upstream encrypt/aes extended nonce): one seed may encrypt any number of values.
 */
export function seededCipher(seed: Uint8Array): Cipher {
  const cipherFor = (info: Uint8Array) => aesGcm(expandedKey(seed, info))
  return {
    encrypt(plain, path) {
      const info = randomBytes(INFO_BYTES)
      return Buffer.concat([info, cipherFor(info).encrypt(plain, path)])
    },
    decrypt(data, path) {
      if (data.length < INFO_BYTES) throw tooShort()
      return cipherFor(data.subarray(0, INFO_BYTES)).decrypt(data.subarray(INFO_BYTES), path)
    },
  }
}
