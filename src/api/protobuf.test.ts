import fc, { type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { decode } from '../apimachinery/schema/decode.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { decodeProtobuf, encodeProtobuf } from '../apimachinery/schema/protobuf.ts'
import { isList, isMap, isMessage, type Message, type Type } from '../apimachinery/schema/types.ts'
import { deployment } from './apps/deployment.ts'
import { statefulSet } from './apps/statefulset.ts'
import { pod } from './core/pod.ts'
import { service } from './core/service.ts'
import { allKinds } from './index.ts'
import { oldVersions } from './old-versions/index.ts'

/** An object through protobuf and back. */
function through<T extends object>(kind: Kind, value: T): object {
  const bytes = encodeProtobuf(kind, decode(kind.message, value))
  const { apiVersion: _, kind: __, ...back } = decodeProtobuf(kind, bytes) as { apiVersion: string; kind: string }
  return decode(kind.message, back)
}

const metadata = {
  name: 'x',
  labels: { a: 'b' },
  creationTimestamp: '2026-01-02T03:04:05Z',
  generation: 3,
  managedFields: [{ manager: 'm', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } }],
}

test('a pod comes back from protobuf as it was', () => {
  const value = {
    metadata,
    spec: {
      containers: [
        {
          name: 'c',
          image: 'i',
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          resources: { limits: { cpu: '500m', memory: '1Gi' } },
          env: [
            { name: 'A', value: 'b' },
            { name: 'B', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k', optional: false } } },
          ],
          livenessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 },
          readinessProbe: { tcpSocket: { port: 80 } },
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'w', configMap: { name: 'cm', defaultMode: 420, items: [{ key: 'a', path: 'b', mode: 0 }] } },
        { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3607 } }] } },
      ],
      ephemeralContainers: [{ name: 'debug', image: 'busybox', targetContainerName: 'c' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
    },
    status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }], startTime: '2026-01-02T03:04:05Z' },
  }
  expect(through(pod as unknown as Kind, value)).toEqual(decode(pod.message, value))
})

test('numbers or names, percentages and negative numbers survive', () => {
  const spec = {
    selector: { matchLabels: { a: 'b' } },
    strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
    replicas: -1,
    template: { spec: { containers: [] } },
  }
  const value = { metadata, spec }
  expect(through(deployment as unknown as Kind, value)).toEqual(decode(deployment.message, value))
  const ports = [{ port: 80, targetPort: 'http' }]
  expect(through(service as unknown as Kind, { spec: { ports } })).toMatchObject({ spec: { ports } })
})

/** Deeper than this only scalars are made up. */
const MAX_DEPTH = 7
const CHANCE = 4

const scalars: Partial<Record<Type['kind'], Arbitrary<unknown>>> = {
  string: fc.string({ unit: 'binary', maxLength: 8 }),
  bool: fc.boolean(),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  int64: fc.maxSafeInteger(),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => (Object.is(n, -0) ? 0 : n)),
  bytes: fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('base64')),
  quantity: fc.constantFrom('0', '500m', '1', '1Gi', '-3', '12e6', '100n', '1.5'),
  intOrString: fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.string({ maxLength: 5 })),
  time: fc.constantFrom('2026-01-02T03:04:05Z', '1969-12-31T23:59:59Z', '2001-09-09T01:46:40+02:00'),
  microTime: fc.constantFrom('2026-01-02T03:04:05.000001Z', '1969-12-31T23:59:59.999999Z', '2026-01-02T03:04:05.5Z'),
  duration: fc.constantFrom('0s', '1h0m0s', '1.5s', '-2m0s', '100ms'),
  any: fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean())),
}

/** Any value of a type, as a client might send it. */
function anyOf(type: Type, depth = 0): Arbitrary<unknown> {
  if (isMessage(type)) return messageOf(type, depth)
  if (isList(type)) return depth > MAX_DEPTH ? fc.constant([]) : fc.array(anyOf(type.item, depth + 1), { maxLength: 2 })
  if (isMap(type)) {
    return depth > MAX_DEPTH
      ? fc.constant({})
      : fc.dictionary(fc.string({ maxLength: 5 }), anyOf(type.value, depth + 1), { maxKeys: 2 })
  }
  return scalars[type.kind]!
}

function messageOf(type: Message, depth: number): Arbitrary<unknown> {
  if (depth > MAX_DEPTH) return fc.constant({})
  const numbered = Object.entries(type.fields).filter(([, field]) => field.number > 0)
  const fields = numbered.map(([name, field]) => {
    const some = fc.nat(CHANCE - 1).chain(n => (n === 0 ? anyOf(field.type, depth + 1) : fc.constant(undefined)))
    return [name, some] as const
  })
  return fc.record(Object.fromEntries(fields))
}

test.each([...allKinds, ...oldVersions].map(kind => [`${kind.apiVersion} ${kind.kind}`, kind] as const))(
  'any %s survives protobuf',
  (_, kind) => {
    fc.assert(
      fc.property(anyOf(kind.message), value => {
        const decoded = decode(kind.message, value)
        expect(through(kind, decoded as object)).toEqual(decoded)
      }),
      { numRuns: 30 },
    )
  },
)

test('what has no number in protobuf is not written', () => {
  const spec = {
    volumeClaimTemplates: [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' } }],
  }
  const back = through(statefulSet as unknown as Kind, { spec }) as { spec: typeof spec }
  expect(back.spec.volumeClaimTemplates[0]?.metadata.name).toBe('data')
  expect(back.spec.volumeClaimTemplates[0]).not.toHaveProperty('kind')
})
