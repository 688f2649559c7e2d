import { expect, test } from 'vitest'
import type { KubeObject } from '../apimachinery/schema/kind.ts'
import { kubeletAddress } from './node-dialer.ts'

const node = (status: object, labels = {}) =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels }, status }) as unknown as KubeObject
const addresses = [{ type: 'InternalIP', address: '10.0.0.1' }]

test('a kubelet is where its node says', () => {
  expect(kubeletAddress(node({ addresses }))).toEqual({ host: '10.0.0.1', port: 10250 })
  expect(() => kubeletAddress(node({}))).toThrow('node "node-1" has no address yet')
})

test('a hollow node has none', () => {
  expect(() => kubeletAddress(node({ addresses }, { 'tsukube.dev/hollow': 'true' }))).toThrow('node "node-1" is hollow')
})
