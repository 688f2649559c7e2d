import { expect, test } from 'vitest'
import { DecodeError, decode } from './decode.ts'
import { bool, int32, list, map, message, quantity, ref, string, time, types } from './types.ts'

const port = message('k8s.io.test.v1.Port', { port: int32(1).required(), protocol: string(2).default('TCP') })
const spec = message('k8s.io.test.v1.Spec', {
  replicas: int32(1).pointer().default(1),
  paused: bool(2),
  mount: bool(3).pointer(),
  ports: list(4, port).mapKeys('port'),
  labels: map(5, types.string),
  memory: quantity(6),
  started: time(7),
  status: ref(8, message('k8s.io.test.v1.Inner', { ready: int32(1).present() })).always(),
})
const all = { defaults: true }

test('leaves out what is not known, and tells of it', () => {
  const unknown: string[] = []
  const value = { ports: [{ port: 1, foo: 2 }], bar: { x: 1 } }
  const decoded = decode(spec, value, { onUnknown: path => unknown.push(path) })
  expect(decoded).toEqual({ ports: [{ port: 1 }], status: { ready: 0 } })
  expect(unknown).toEqual(['ports[0].foo', 'bar'])
})

test('fills in defaults, also for empty values that are no pointers', () => {
  expect(decode(spec, { ports: [{ port: 1, protocol: '' }] }, all)).toEqual({
    replicas: 1,
    ports: [{ port: 1, protocol: 'TCP' }],
    status: { ready: 0 },
  })
})

test('keeps the zero of a pointer and drops other zeros', () => {
  const decoded = decode(spec, { replicas: 0, paused: false, mount: false, labels: {}, ports: [] }, all)
  expect(decoded).toEqual({ replicas: 0, mount: false, status: { ready: 0 } })
})

test('brings quantities and times to their canonical form', () => {
  const decoded = decode(spec, { memory: '1024Mi', started: '2026-01-02T03:04:05.6+01:00' })
  expect(decoded).toMatchObject({ memory: '1Gi', started: '2026-01-02T02:04:05Z' })
})

test('words a wrong type as Go does', () => {
  const decodeWrong = () => decode(spec, { ports: [{ port: 1, protocol: true }] })
  expect(decodeWrong).toThrow(DecodeError)
  expect(decodeWrong).toThrow('json: cannot unmarshal bool into Go struct field Port.ports.protocol of type string')
})

test('a map key may be called __proto__', () => {
  const decoded = decode(spec, JSON.parse('{"labels":{"__proto__":"x"}}'))
  expect(Object.keys(decoded.labels ?? {})).toEqual(['__proto__'])
})
