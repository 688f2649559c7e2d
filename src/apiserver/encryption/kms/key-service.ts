import { Client, credentials, Metadata } from '@grpc/grpc-js'
import type { Clock } from '../../../apimachinery/clock.ts'
import type { Random } from '../../../apimachinery/random.ts'
import { type Annotations, annotations, bytes, type Message, message, text } from './wire.ts'

/** One gRPC method of v2.KeyManagementService (k8s.io/kms apis/v2). */
export interface Method<Req, Res> {
  readonly path: string
  readonly request: Message<Req>
  readonly response: Message<Res>
}

interface Status {
  readonly version: string
  readonly healthz: string
  readonly keyId: string
}
interface EncryptRequest {
  readonly plaintext: Uint8Array
  readonly uid: string
}
export interface Encrypted {
  readonly ciphertext: Uint8Array
  readonly keyId: string
  readonly annotations: Annotations
}
interface DecryptRequest extends Encrypted {
  readonly uid: string
}

const SERVICE = '/v2.KeyManagementService/'

export const STATUS: Method<object, Status> = {
  path: `${SERVICE}Status`,
  request: message<object>({}),
  response: message<Status>({ version: [1, text], healthz: [2, text], keyId: [3, text] }),
}
export const ENCRYPT: Method<EncryptRequest, Encrypted> = {
  path: `${SERVICE}Encrypt`,
  request: message<EncryptRequest>({ plaintext: [1, bytes], uid: [2, text] }),
  response: message<Encrypted>({ ciphertext: [1, bytes], keyId: [2, text], annotations: [3, annotations] }),
}
export const DECRYPT: Method<DecryptRequest, { readonly plaintext: Uint8Array }> = {
  path: `${SERVICE}Decrypt`,
  request: message<DecryptRequest>({
    ciphertext: [1, bytes],
    uid: [2, text],
    keyId: [3, text],
    annotations: [4, annotations],
  }),
  response: message<{ readonly plaintext: Uint8Array }>({ plaintext: [1, bytes] }),
}

/** Who keeps the key that keys are encrypted with. */
export interface KeyService {
  /** The key that is in use. Rejects where the service is not well. */
  keyId(): Promise<string>
  encrypt(plaintext: Uint8Array): Promise<Encrypted>
  decrypt(encrypted: Encrypted): Promise<Uint8Array>
  close(): void
}

export interface KeyServiceOptions {
  /** As unix:///var/run/kms.sock. */
  readonly endpoint: string
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: Random
}

/** A key service behind a socket. It is connected to when first used and again after every loss. */
export function openKeyService({ endpoint, timeoutMs, clock, random }: KeyServiceOptions): KeyService {
  const client = new Client(`unix:${new URL(endpoint).pathname}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
  })
  const call = <Req, Res>({ path, request, response }: Method<Req, Res>, body: Partial<Req>): Promise<Res> =>
    new Promise((resolve, reject) => {
      let late = false
      const sent = client.makeUnaryRequest(
        path,
        value => request.encode(value),
        data => response.decode(data),
        body,
        new Metadata(),
        (error, answer) => {
          timer.cancel()
          if (error) reject(late ? new Error(`no answer from ${endpoint} within ${timeoutMs / 1000} s`) : error)
          else resolve(answer!)
        },
      )
      const timer = clock.timer(timeoutMs, () => {
        late = true
        sent.cancel()
      })
    })
  return {
    async keyId() {
      const { version, healthz, keyId } = await call(STATUS, {})
      if (healthz !== 'ok') throw new Error(`got unexpected healthz status: ${healthz}`)
      if (version !== 'v2' && version !== 'v2beta1') throw new Error(`expected KMSv2 API version v2, got ${version}`)
      if (!keyId) throw new Error('keyID is empty')
      return keyId
    },
    encrypt: plaintext => call(ENCRYPT, { plaintext, uid: random.uuid() }),
    decrypt: async encrypted => (await call(DECRYPT, { ...encrypted, uid: random.uuid() })).plaintext,
    close: () => client.close(),
  }
}
