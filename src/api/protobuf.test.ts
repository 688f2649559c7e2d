import { expect, test } from 'vitest'
import { decode } from '../apimachinery/schema/decode.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { decodeProtobuf, encodeProtobuf } from '../apimachinery/schema/protobuf.ts'
import { deployment } from './apps/deployment.ts'
import { pod } from './core/pod.ts'
import { service } from './core/service.ts'

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
