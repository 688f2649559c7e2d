import { expect, test } from 'vitest'
import type { ConfigMap } from '../../api/core/configmap.ts'
import type { Secret } from '../../api/core/secret.ts'
import type { Service } from '../../api/core/service.ts'
import { notFound } from '../../apimachinery/errors.ts'
import { podOf } from '../testing/pods.ts'
import { environmentOf } from './environment.ts'
import { expand } from './expand.ts'
import { fieldValue } from './field-ref.ts'
import type { ConfigObjects } from './objects.ts'
import { resourceValue } from './resource-field-ref.ts'
import { serviceVariables } from './service-env.ts'

const objects: ConfigObjects = {
  async configMap(_, name) {
    if (name !== 'config') throw notFound({ group: '', plural: 'configmap' }, name)
    return { data: { colour: 'blue' } } as unknown as ConfigMap
  },
  async secret(_, name) {
    if (name !== 'secret') throw notFound({ group: '', plural: 'secret' }, name)
    return { data: { word: Buffer.from('geheim').toString('base64') } } as unknown as Secret
  },
}
const facts = { podIPs: ['10.0.0.1', 'fd00::1'], hostIPs: ['172.30.0.1'] }
const sources = { objects, facts, services: [], allocatable: { cpu: '4', memory: '8Gi' } }

async function environment(container: Record<string, unknown>) {
  const pod = podOf({ containers: [{ name: 'main', image: 'x', ...container }] })
  const entries = await environmentOf(pod, pod.spec.containers[0]!, sources)
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]))
}

test.each([
  ['$(A)', 'a'],
  ['$(A)$(B)', 'ab'],
  ['$$(A)', '$(A)'],
  ['$(NONE)', '$(NONE)'],
  ['$A $', '$A $'],
  ['$$$(A)', '$a'],
])('%s becomes %s', (text, result) => {
  expect(expand(text, name => ({ A: 'a', B: 'b' })[name])).toBe(result)
})

test('own variables go before those of objects and may refer to them', async () => {
  expect(
    await environment({
      envFrom: [{ prefix: 'C_', configMapRef: { name: 'config' } }, { secretRef: { name: 'secret' } }],
      env: [
        { name: 'word', value: 'open' },
        { name: 'BOTH', value: '$(C_colour) $(word)' },
      ],
    }),
  ).toEqual({ C_colour: 'blue', word: 'open', BOTH: 'blue open' })
})

test('what is missing is named, unless it may be missing', async () => {
  await expect(environment({ envFrom: [{ configMapRef: { name: 'none' } }] })).rejects.toThrow(
    'configmap "none" not found',
  )
  const key = (name: string, optional = false) => ({
    env: [{ name: 'A', valueFrom: { secretKeyRef: { name, key: 'other', optional } } }],
  })
  await expect(environment(key('secret'))).rejects.toThrow("couldn't find key other in Secret default/secret")
  expect(await environment(key('none', true))).toEqual({})
})

test('fields of the pod', () => {
  const pod = podOf()
  pod.metadata.labels = { b: '2', a: 'x"y' }
  expect(fieldValue(pod, "metadata.labels['b']", facts)).toBe('2')
  expect(fieldValue(pod, 'metadata.labels', facts)).toBe('a="x\\"y"\nb="2"')
  expect(fieldValue(pod, 'status.podIPs', facts)).toBe('10.0.0.1,fd00::1')
  expect(() => fieldValue(pod, 'spec.bad', facts)).toThrow('unsupported fieldPath: spec.bad')
})

test('resources are rounded up to the divisor; without a limit the node is the limit', () => {
  const resources = { limits: { memory: '100Mi' }, requests: { cpu: '250m' } }
  const pod = podOf({ containers: [{ name: 'main', image: 'x', resources }] })
  const value = (resource: string, divisor = '1') =>
    resourceValue(pod, { resource, divisor }, 'main', sources.allocatable)
  expect(value('limits.memory', '1Mi')).toBe('100')
  expect(value('requests.cpu')).toBe('1')
  expect(value('requests.cpu', '1m')).toBe('250')
  expect(value('limits.cpu')).toBe('4')
})

test('variables for a service, in both styles', () => {
  const service = {
    metadata: { name: 'redis-main', namespace: 'default' },
    spec: { clusterIP: '10.96.0.7', ports: [{ name: 'data', port: 6379, protocol: 'TCP' }] },
  } as unknown as Service
  expect(serviceVariables(service)).toEqual({
    REDIS_MAIN_SERVICE_HOST: '10.96.0.7',
    REDIS_MAIN_SERVICE_PORT: '6379',
    REDIS_MAIN_SERVICE_PORT_DATA: '6379',
    REDIS_MAIN_PORT: 'tcp://10.96.0.7:6379',
    REDIS_MAIN_PORT_6379_TCP: 'tcp://10.96.0.7:6379',
    REDIS_MAIN_PORT_6379_TCP_PROTO: 'tcp',
    REDIS_MAIN_PORT_6379_TCP_PORT: '6379',
    REDIS_MAIN_PORT_6379_TCP_ADDR: '10.96.0.7',
  })
})
