import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Cipher } from './cipher.ts'

const BLOCK = 16
const NONCE = 12
const TAG = 16

/** AES-CBC with PKCS #7 padding: an initialization vector of 16 bytes, then the blocks (upstream encrypt/aes). */
export function aesCbc(key: Buffer): Cipher {
  const name = `aes-${key.length * 8}-cbc`
  return {
    encrypt(plain) {
      const iv = randomBytes(BLOCK)
      const cipher = createCipheriv(name, key, iv)
      return Buffer.concat([iv, cipher.update(plain), cipher.final()])
    },
    decrypt(data) {
      if (data.length < BLOCK) throw tooShort()
      if (data.length % BLOCK !== 0) throw new Error('the stored data is not a multiple of the block size')
      const cipher = createDecipheriv(name, key, data.subarray(0, BLOCK))
      try {
        return Buffer.concat([cipher.update(data.subarray(BLOCK)), cipher.final()])
      } catch {
        throw new Error('invalid padding on input')
      }
    },
  }
}

/** AES-GCM: a nonce of 12 bytes, the text, a tag of 16 bytes. The key's path in the store is authenticated with it. */
export function aesGcm(key: Buffer): Cipher {
  const name = `aes-${key.length * 8}-gcm` as 'aes-256-gcm'
  return {
    encrypt(plain, path) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv(name, key, nonce, { authTagLength: TAG }).setAAD(Buffer.from(path))
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    decrypt(data, path) {
      if (data.length < NONCE + TAG) throw tooShort()
      const cipher = createDecipheriv(name, key, data.subarray(0, NONCE), { authTagLength: TAG })
      cipher.setAAD(Buffer.from(path)).setAuthTag(data.subarray(data.length - TAG))
      try {
        return Buffer.concat([cipher.update(data.subarray(NONCE, data.length - TAG)), cipher.final()])
      } catch {
        throw new Error('cipher: message authentication failed')
      }
    },
  }
}

export const tooShort = () => new Error('the stored data was shorter than the required size')
