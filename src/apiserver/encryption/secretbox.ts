import { randomBytes } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa'
import { tooShort } from './aes.ts'
import type { Cipher } from './cipher.ts'

const NONCE = 24
const TAG = 16

/** NaCl's secretbox: a nonce of 24 bytes, a tag of 16 bytes, the text (upstream encrypt/secretbox). */
export function secretbox(key: Buffer): Cipher {
  return {
    encrypt(plain) {
      const nonce = randomBytes(NONCE)
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(plain)])
    },
    decrypt(data) {
      if (data.length < NONCE + TAG) throw tooShort()
      try {
        return xsalsa20poly1305(key, data.subarray(0, NONCE)).decrypt(data.subarray(NONCE))
      } catch {
        throw new Error('could not decrypt using secretbox')
      }
    },
  }
}
