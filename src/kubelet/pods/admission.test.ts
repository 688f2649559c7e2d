import { expect, test } from 'vitest'
import type { Node } from '../../api/core/node.ts'
import { podOf } from '../testing/pods.ts'
import { refusalOf } from './admission.ts'

const node = {
  metadata: { name: 'node1', labels: { disk: 'ssd', size: '5' } },
  spec: {},
  status: { allocatable: { cpu: '2', memory: '1Gi', pods: '3' } },
} as unknown as Node

const asking = (cpu: string) => podOf({ containers: [{ name: 'main', image: 'x', resources: { requests: { cpu } } }] })
const withPort = (hostPort: number, hostIP?: string) =>
  podOf({ containers: [{ name: 'main', image: 'x', ports: [{ containerPort: 80, hostPort, hostIP }] }] })

test('a pod that fits is taken', () => {
  expect(refusalOf(asking('1'), node, [asking('1')])).toBeUndefined()
})

test('one that asks for more than is left is refused', () => {
  expect(refusalOf(asking('1500m'), node, [asking('1')])).toEqual({
    reason: 'OutOfcpu',
    message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  })
  expect(refusalOf(podOf(), node, [podOf(), podOf(), podOf()])?.reason).toBe('OutOfpods')
})

test('selectors and affinity must match', () => {
  const term = (operator: string, values?: string[], key = 'disk') => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
        },
      },
    },
  })
  expect(refusalOf(podOf({ nodeSelector: { disk: 'hdd' } }), node, [])?.reason).toBe('NodeAffinity')
  expect(refusalOf(podOf(term('In', ['ssd'])), node, [])).toBeUndefined()
  expect(refusalOf(podOf(term('NotIn', ['ssd'])), node, [])?.reason).toBe('NodeAffinity')
  expect(refusalOf(podOf(term('Gt', ['4'], 'size')), node, [])).toBeUndefined()
  expect(refusalOf(podOf(term('DoesNotExist')), node, [])?.reason).toBe('NodeAffinity')
})

test('only NoExecute taints refuse, unless tolerated', () => {
  const tainted = (effect: string) => ({ ...node, spec: { taints: [{ key: 'k', effect }] } })
  expect(refusalOf(podOf(), tainted('NoSchedule'), [])).toBeUndefined()
  expect(refusalOf(podOf(), tainted('NoExecute'), [])?.reason).toBe('TaintToleration')
  expect(refusalOf(podOf({ tolerations: [{ operator: 'Exists' }] }), tainted('NoExecute'), [])).toBeUndefined()
})

test('a host port is used once for each address', () => {
  expect(refusalOf(withPort(80), node, [withPort(80)])?.reason).toBe('NodePorts')
  expect(refusalOf(withPort(80, '10.0.0.1'), node, [withPort(80, '10.0.0.2')])).toBeUndefined()
  expect(refusalOf(withPort(80, '10.0.0.1'), node, [withPort(80)])?.reason).toBe('NodePorts')
})

test('kernel parameters that reach beyond the pod are refused', () => {
  const sysctl = (name: string) => podOf({ securityContext: { sysctls: [{ name, value: '1' }] } })
  expect(refusalOf(sysctl('net.ipv4.tcp_syncookies'), node, [])).toBeUndefined()
  expect(refusalOf(sysctl('kernel.msgmax'), node, [])?.reason).toBe('SysctlForbidden')
})
