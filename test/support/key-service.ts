import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { DECRYPT, ENCRYPT, type Method, STATUS } from '../../src/apiserver/encryption/kms/key-service.ts'

/** A key service (KMS v2) on a socket, with keys of its own. */
export class TestKeyService {
  readonly endpoint: string
  /** The key in use. */
  keyId = 'key-1'
  healthz = 'ok'
  /** What was asked, in order. */
  readonly calls: ('status' | 'encrypt' | 'decrypt')[] = []
  readonly #server = new Server()
  readonly #keys = new Map<string, Buffer>()

  private constructor(endpoint: string) {
    this.endpoint = endpoint
    this.#on(STATUS, () => {
      this.calls.push('status')
      return { version: 'v2', healthz: this.healthz, keyId: this.keyId }
    })
    this.#on(ENCRYPT, ({ plaintext }) => {
      this.calls.push('encrypt')
      const iv = randomBytes(16)
      const cipher = createCipheriv('aes-256-ctr', this.#key(this.keyId), iv)
      const annotations = { 'made.example.com': Buffer.from(iv) }
      return { ciphertext: cipher.update(plaintext), keyId: this.keyId, annotations }
    })
    this.#on(DECRYPT, ({ ciphertext, keyId, annotations }) => {
      this.calls.push('decrypt')
      const decipher = createDecipheriv('aes-256-ctr', this.#key(keyId), annotations['made.example.com']!)
      return { plaintext: decipher.update(ciphertext) }
    })
  }

  static async start(socket: string): Promise<TestKeyService> {
    const service = new TestKeyService(`unix://${socket}`)
    await new Promise<void>((resolve, reject) =>
      service.#server.bindAsync(service.endpoint, ServerCredentials.createInsecure(), error =>
        error ? reject(error) : resolve(),
      ),
    )
    return service
  }

  stop(): void {
    this.#server.forceShutdown()
  }

  #key(id: string): Buffer {
    const key = this.#keys.get(id) ?? randomBytes(32)
    this.#keys.set(id, key)
    return key
  }

  #on<Req extends object, Res extends object>(
    { path, request, response }: Method<Req, Res>,
    answer: (request: Req) => Res,
  ): void {
    const method = {
      path,
      requestStream: false as const,
      responseStream: false as const,
      requestSerialize: (value: Req) => request.encode(value),
      requestDeserialize: (bytes: Buffer) => request.decode(bytes),
      responseSerialize: (value: Res) => response.encode(value),
      responseDeserialize: (bytes: Buffer) => response.decode(bytes),
    }
    const handle = (call: ServerUnaryCall<Req, Res>, done: sendUnaryData<Res>) => done(null, answer(call.request))
    this.#server.addService({ [path]: method }, { [path]: handle })
  }
}
