import { rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../apimachinery/clock.ts'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import { connectCri } from './client.ts'
import { CriError, isNotFound } from './error.ts'
import { runtimeService } from './services.ts'

const socket = path.join(os.tmpdir(), `tsukube-cri-${process.pid}.sock`)
let server: Server

type Handler = (call: ServerUnaryCall<object, object>, done: sendUnaryData<object>) => void

async function serve(handlers: Partial<Record<keyof typeof runtimeService, Handler>>): Promise<void> {
  server = new Server()
  for (const [name, handler] of Object.entries(handlers)) {
    const { path: at, request, response } = runtimeService[name as 'version']
    server.addService(
      {
        [name]: {
          path: at,
          requestStream: false,
          responseStream: false,
          requestSerialize: (value: object) => request.encode(value),
          requestDeserialize: (bytes: Buffer) => request.decode(bytes),
          responseSerialize: (value: object) => response.encode(value),
          responseDeserialize: (bytes: Buffer) => response.decode(bytes),
        },
      },
      { [name]: handler },
    )
  }
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), error =>
      error ? reject(error) : resolve(),
    ),
  )
}

beforeEach(() => rm(socket, { force: true }))
afterEach(() => server?.forceShutdown())

const version: Handler = (_call, done) => done(null, { runtimeName: 'fake' })

test('an answer is decoded and an error keeps its code and words', async () => {
  await serve({ version, removeContainer: (_call, done) => done({ code: 5, details: 'no such container' }) })
  const cri = connectCri(socket, systemClock)
  expect(await cri.runtime.version()).toMatchObject({ runtimeName: 'fake', runtimeVersion: '' })
  const error = await cri.runtime.removeContainer({ containerId: 'x' }).catch(e => e)
  expect(error).toMatchObject({ code: 'NOT_FOUND', details: 'no such container', method: 'RemoveContainer' })
  expect(isNotFound(error)).toBe(true)
  cri.close()
})

test('calls fail while the runtime is away and work again when it is back', async () => {
  const cri = connectCri(socket, systemClock)
  const refused = await cri.runtime.version().catch(e => e)
  expect(refused).toBeInstanceOf(CriError)
  expect(refused.code).toBe('UNAVAILABLE')
  await serve({ version })
  await expect
    .poll(() =>
      cri.runtime.version().then(
        v => v.runtimeName,
        e => e.code,
      ),
    )
    .toBe('fake')
  server.forceShutdown()
  await expect
    .poll(() =>
      cri.runtime.version().then(
        () => 'fine',
        e => e.code,
      ),
    )
    .toBe('UNAVAILABLE')
  await rm(socket, { force: true })
  await serve({ version })
  await expect
    .poll(() =>
      cri.runtime.version().then(
        v => v.runtimeName,
        e => e.code,
      ),
    )
    .toBe('fake')
  cri.close()
})

test('a call ends with its signal, and with its time on the clock', async () => {
  let begun = () => {}
  const silent: Handler = () => begun()
  await serve({ execSync: silent, version: silent })
  const clock = new VirtualClock()
  const cri = connectCri(socket, clock)

  const aborted = new AbortController()
  const arrived = new Promise<void>(resolve => (begun = resolve))
  const exec = cri.runtime.execSync({ containerId: 'x' }, { signal: aborted.signal }).catch(e => e)
  await arrived
  aborted.abort(new Error('enough'))
  expect((await exec).message).toBe('enough')

  const again = new Promise<void>(resolve => (begun = resolve))
  const late = cri.runtime.version({}, { timeoutMs: 5_000 }).catch(e => e)
  await again
  await clock.advance(5_000)
  expect((await late).code).toBe('DEADLINE_EXCEEDED')
  cri.close()
})
