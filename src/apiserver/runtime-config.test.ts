import { expect, test } from 'vitest'
import { allKinds } from '../api/index.ts'
import { oldVersions } from '../api/old-versions/index.ts'
import { servedBy } from './runtime-config.ts'

const kinds = [...allKinds, ...oldVersions]
const served = (text: string) => {
  const serves = servedBy(text, kinds)
  return new Set(kinds.filter(serves).map(({ apiVersion, plural }) => `${apiVersion}/${plural}`))
}

test('stable versions are on, and so are those that upstream no longer has; its alpha and beta ones are off', () => {
  const names = served('')
  for (const on of ['v1/pods', 'apps/v1/deployments', 'networking.k8s.io/v1beta1/ingresses']) {
    expect(names.has(on), on).toBe(true)
  }
  for (const off of [
    'networking.k8s.io/v1beta1/ipaddresses',
    'coordination.k8s.io/v1alpha2/leasecandidates',
    'storage.k8s.io/v1beta1/volumeattributesclasses',
    'internal.apiserver.k8s.io/v1alpha1/storageversions',
  ]) {
    expect(names.has(off), off).toBe(false)
  }
})

test.each([
  ['networking.k8s.io/v1beta1=true', 'networking.k8s.io/v1beta1/ipaddresses', true],
  ['networking.k8s.io/v1beta1', 'networking.k8s.io/v1beta1/ipaddresses', true],
  ['networking.k8s.io/v1beta1=false', 'networking.k8s.io/v1beta1/ingresses', false],
  ['networking.k8s.io/v1beta1/ipaddresses=true', 'networking.k8s.io/v1beta1/ipaddresses', true],
  ['networking.k8s.io/v1beta1/ipaddresses=true', 'networking.k8s.io/v1beta1/servicecidrs', false],
  [
    'resource.k8s.io/v1beta1/deviceclasses=false,resource.k8s.io/v1beta1=1',
    'resource.k8s.io/v1beta1/deviceclasses',
    false,
  ],
  ['apps/v1=false', 'apps/v1/deployments', false],
  ['apps/v1=false,apps/v1=true', 'apps/v1/deployments', true],
  ['api/beta=true', 'resource.k8s.io/v1beta1/deviceclasses', true],
  ['api/beta=true', 'resource.k8s.io/v1alpha3/devicetaintrules', false],
  ['api/alpha=true, api/all=false', 'resource.k8s.io/v1alpha3/devicetaintrules', true],
  ['api/alpha=true, api/all=false', 'apps/v1/deployments', false],
  ['api/all=true', 'scheduling.k8s.io/v1alpha2/workloads', true],
  ['api/ga=false,/v1=true', 'v1/pods', true],
])('%s: %s %s', (text, name, on) => {
  expect(served(text).has(name)).toBe(on)
})

test.each([
  ['api/all=false', 'invalid runtime-config with only api/all=false'],
  ['v1=true', 'runtime-config invalid key v1'],
  ['a/b/c/d=true', 'runtime-config invalid key a/b/c/d'],
  ['nobody.example/v1=true,also.example/v2', 'unknown api groups also.example/v2,nobody.example/v1'],
  ['apps/v7=true', 'group version apps/v7 that has not been registered'],
  [
    'apps/v1/Deployments=true',
    'invalid key apps/v1/Deployments: group/version/resource and resource is always lowercase plural, not "Deployments"',
  ],
  ['apps/v1=maybe', 'invalid value of apps/v1: maybe, err: strconv.ParseBool: parsing "maybe": invalid syntax'],
  ['api/beta=maybe', 'invalid value api/beta=maybe'],
  ['api/beta', 'invalid value api/beta='],
])('%s is refused', (text, message) => {
  expect(() => servedBy(text, kinds)).toThrow(new Error(message))
})
