/** A way to encrypt with one key. What it makes carries all that reading it back needs beside the key. */
export interface Cipher {
  /** `path`: the key in the store, for ciphers that bind the text to its place. */
  encrypt(plain: Uint8Array, path: string): Buffer
  /** Throws Error where the key does not fit or the data was tampered with. */
  decrypt(data: Uint8Array, path: string): Uint8Array
}
