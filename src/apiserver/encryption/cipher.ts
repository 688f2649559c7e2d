/** A way to encrypt with one key. What it makes carries all that reading it back needs beside the key. */
export interface Cipher {
  /** `path`: the key in the store, for ciphers that bind the text to its place. */
  encrypt(plain: Uint8Array, path: string): Buffer
  /** Throws Error where the key does not fit or the data was tampered with. */
  decrypt(data: Uint8Array, path: string): Uint8Array
  /** For keys that somebody else has: sees to it that `encrypt` has one; undefined where it has. */
  ready?(): Promise<void> | undefined
  /** For keys that somebody else has: sees to it that `decrypt` has that of `data`; undefined where it has. */
  prepare?(data: Uint8Array): Promise<void> | undefined
  /** For keys that change in place: which one `encrypt` uses now. */
  readonly version?: string
  /** Which one `data` was encrypted with. */
  versionOf?(data: Uint8Array): string
}
