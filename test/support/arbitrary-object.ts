import fc, { type Arbitrary } from 'fast-check'
import { isList, isMap, isMessage, type Message, type Type } from '../../src/apimachinery/schema/types.ts'

/** Deeper than this nothing more is made up. */
const MAX_DEPTH = 8

const WORDS = [
  '',
  'a',
  'default',
  'Always',
  'ClusterIP',
  'kubernetes.io/hostname',
  '10.0.0.1',
  '::1',
  '25%',
  '1Gi',
  '2026-01-02T03:04:05Z',
  '5m',
  '*',
  '* * * * *',
  'a=b,c!=d',
  '../..',
  '__proto__',
  'constructor',
  'self.size() > 0',
  '-----BEGIN CERTIFICATE-----',
  'bm90aGluZw==',
  '\u0000',
  '𝒳',
  'x'.repeat(300),
]
const text = fc.oneof({ arbitrary: fc.constantFrom(...WORDS), weight: 3 }, fc.string({ maxLength: 12 }))
const number = fc.oneof(fc.constantFrom(0, 1, -1, 80, 65536, 2 ** 31, 2 ** 53, 1e300, 0.5), fc.integer())
const scalars: Partial<Record<Type['kind'], Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int32: fc.integer({ min: -3, max: 70_000 }),
  int64: fc.maxSafeInteger(),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  bytes: fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('base64')),
  quantity: fc.constantFrom('0', '500m', '1Gi', '-3', '12e6', 1, '1e999999', '9'.repeat(400)),
  intOrString: fc.oneof(number, text),
  time: fc.constantFrom('2026-01-02T03:04:05Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'),
  microTime: fc.constantFrom('2026-01-02T03:04:05.000001Z'),
  duration: fc.constantFrom('0s', '1h0m0s', '-2m0s'),
  any: fc.jsonValue({ maxDepth: 3 }),
}

/** A value that is of a type more often than not, as a client with a mistake or with bad intent might send it. */
export function nearly(type: Type, depth = 0): Arbitrary<unknown> {
  const right = rightOf(type, depth)
  const wrong = fc.oneof(fc.constant(null), text, number, fc.constant([]), fc.constant({}), fc.constant([null]))
  return fc.oneof({ arbitrary: right, weight: 40 }, { arbitrary: wrong, weight: 1 })
}

function rightOf(type: Type, depth: number): Arbitrary<unknown> {
  if (depth > MAX_DEPTH) return fc.constant(isMessage(type) || isMap(type) ? {} : isList(type) ? [] : '')
  if (isMessage(type)) return messageOf(type, depth)
  if (isList(type)) return fc.array(nearly(type.item, depth + 1), { maxLength: 2 })
  if (isMap(type)) return fc.dictionary(text, nearly(type.value, depth + 1), { maxKeys: 2 })
  return scalars[type.kind] ?? text
}

/** Fields that must be there are, of the others every third or so. */
function messageOf(type: Message, depth: number): Arbitrary<unknown> {
  const fields = Object.entries(type.fields).filter(([name]) => depth > 0 || name !== 'metadata')
  const made = fields.map(([name, { type, facts }]) => {
    const often = facts.notEmpty ? 9 : 3
    return [name, fc.nat(9).chain(n => (n < often ? nearly(type, depth + 1) : fc.constant(undefined)))] as const
  })
  return fc.record(Object.fromEntries(made))
}
