import { expect, test } from 'vitest'
import { bool, boxed, bytes, int64, list, listOf, map, message, millis, nanos, oneOf, ref, string } from './protobuf.ts'

const inner = message({ name: string(1), flag: bool(2) })
const outer = message({
  id: string(1),
  at: nanos(2),
  state: oneOf('NEW', 'OLD')(3),
  inner: ref(4, inner),
  more: listOf(5, inner),
  words: list(6, string),
  numbers: list(7, int64),
  labels: map(8),
  user: boxed(9, int64),
  data: bytes(10),
})

test('a message survives the wire', () => {
  const value = {
    id: 'a',
    at: 1_700_000_000_123_456_789n,
    state: 'OLD' as const,
    inner: { name: 'n', flag: true },
    more: [
      { name: 'x', flag: false },
      { name: 'y', flag: true },
    ],
    words: ['p', '', 'q'],
    numbers: [0, -1, 2 ** 40],
    labels: { a: 'b', '': 'c' },
    user: 0,
    data: new Uint8Array([1, 2]),
  }
  expect({ ...outer.decode(outer.encode(value)), data: [1, 2] }).toEqual({ ...value, data: [1, 2] })
})

test('absent fields read as their zero values and absent messages as undefined', () => {
  expect(outer.decode(Buffer.alloc(0))).toMatchObject({
    id: '',
    at: 0n,
    state: 'NEW',
    inner: undefined,
    more: [],
    labels: {},
    user: undefined,
  })
})

test('a boxed zero differs from an absent one', () => {
  expect(outer.encode({ user: 0 })).toHaveLength(2)
  expect(outer.encode({})).toHaveLength(0)
})

test('unknown fields and enum values are passed over', () => {
  const newer = message({ id: string(1), state: oneOf('A', 'B', 'C', 'D')(3), extra: string(99) })
  expect(outer.decode(newer.encode({ id: 'z', state: 'D', extra: 'x' }))).toMatchObject({ id: 'z', state: 'NEW' })
})

test('unpacked numbers are read too', () => {
  expect(outer.decode(Buffer.from([0x38, 1, 0x38, 2])).numbers).toEqual([1, 2])
})

test('millis drops what is below a millisecond', () => {
  expect(millis(1_700_000_000_123_999_999n)).toBe(1_700_000_000_123)
})
