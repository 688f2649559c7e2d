import { expect, test } from 'vitest'
import { podReferences } from './references.ts'
import type { PodSpec } from './spec.ts'

test('all objects that a pod names are found', () => {
  const spec = {
    containers: [{ name: 'main', image: 'x', envFrom: [{ configMapRef: { name: 'a' } }] }],
    ephemeralContainers: [
      { name: 'debug', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'f', key: 'k' } } }] },
    ],
    volumes: [
      { name: 'v', projected: { sources: [{ secret: { name: 'b' } }, { configMap: { name: 'c' } }] } },
      { name: 'w', secret: { secretName: 'd' } },
      { name: 'x', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'y', ephemeral: {} },
    ],
    imagePullSecrets: [{ name: 'e' }],
  }
  const { configMaps, secrets, claims } = podReferences('web', spec as unknown as PodSpec)
  expect([...configMaps].sort()).toEqual(['a', 'c'])
  expect([...secrets].sort()).toEqual(['b', 'd', 'e', 'f'])
  expect([...claims].sort()).toEqual(['data', 'web-y'])
})
