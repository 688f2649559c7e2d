import { expect, test } from 'vitest'
import { parseConfig } from '../../apimachinery/config-file.ts'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import type { Informers } from '../../client/informers.ts'
import { Nominator } from '../nominator.ts'
import { kubeSchedulerConfiguration } from './configuration.ts'
import { profileOf } from './profile.ts'

const parse = (fields: object) =>
  parseConfig(
    kubeSchedulerConfiguration,
    JSON.stringify({ apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration', ...fields }),
  )
const profileFor = (profile: object) =>
  profileOf(parse({ profiles: [profile] }).profiles[0]!, {
    clock: new VirtualClock(),
    nominator: new Nominator(),
    podGroups: false,
    informers: { of: () => ({ list: () => [], addIndex() {}, onChange() {} }) } as unknown as Informers,
  })
const scorers = (profile: object) => profileFor(profile).scorers.map(({ plugin, weight }) => `${plugin.name} ${weight}`)

test('nothing given is upstream’s default', () => {
  const { profiles, podInitialBackoffSeconds, podMaxBackoffSeconds } = parse({})
  expect(profiles).toEqual([{ schedulerName: 'default-scheduler' }])
  expect([podInitialBackoffSeconds, podMaxBackoffSeconds]).toEqual([1, 10])
  expect(scorers({})).toEqual([
    'TaintToleration 3',
    'NodeAffinity 2',
    'NodeResourcesFit 1',
    'PodTopologySpread 2',
    'InterPodAffinity 2',
    'NodeResourcesBalancedAllocation 1',
    'ImageLocality 1',
  ])
})

test('plugins are taken away, weighed anew and ordered, at one point or at all', () => {
  const only = { plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality', weight: 7 }] } } }
  expect(scorers(only)).toEqual(['ImageLocality 7'])
  expect(profileFor(only).filters.map(({ name }) => name)).toContain('NodeResourcesFit')
  const everywhere = { plugins: { multiPoint: { disabled: [{ name: 'NodeResourcesFit' }] } } }
  expect(scorers(everywhere)).not.toContain('NodeResourcesFit 1')
  expect(profileFor(everywhere).filters.map(({ name }) => name)).not.toContain('NodeResourcesFit')
  const heavier = { plugins: { multiPoint: { enabled: [{ name: 'ImageLocality', weight: 9 }] } } }
  expect(scorers(heavier)).toContain('ImageLocality 9')
  const first = { plugins: { score: { enabled: [{ name: 'ImageLocality' }] } } }
  expect(scorers(first)[0]).toBe('ImageLocality 1')
})

test('a plugin that does not exist, or not at that point, is an error', () => {
  expect(() => profileFor({ plugins: { score: { enabled: [{ name: 'Nothing' }] } } })).toThrow(
    'profile "default-scheduler": plugin "Nothing" does not exist',
  )
  expect(() => profileFor({ plugins: { score: { enabled: [{ name: 'NodeName' }] } } })).toThrow(
    'plugin "NodeName" does not extend score plugin',
  )
})

test.each([
  [
    { podInitialBackoffSeconds: 5, podMaxBackoffSeconds: 1 },
    'must be greater than or equal to PodInitialBackoffSeconds',
  ],
  [{ percentageOfNodesToScore: 101 }, 'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]'],
  [
    { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] },
    'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
  ],
  [
    {
      profiles: [
        { schedulerName: 'a' },
        { schedulerName: 'b', plugins: { queueSort: { enabled: [{ name: 'PrioritySort' }] } } },
      ],
    },
    'must be the same for all profiles',
  ],
  [
    { profiles: [{ pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight: 101 } }] }] },
    'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]',
  ],
  [
    { profiles: [{ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'Best' } } }] }] },
    'Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
  ],
  [
    { profiles: [{ pluginConfig: [{ name: 'NodeResourcesFit', args: { kind: 'InterPodAffinityArgs' } }] }] },
    'has to match plugin args',
  ],
  [
    { extenders: [{ urlPrefix: 'http://a', prioritizeVerb: 'p' }] },
    'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
  ],
  [
    {
      extenders: [
        { urlPrefix: 'http://a', bindVerb: 'b' },
        { urlPrefix: 'http://b', bindVerb: 'b' },
      ],
    },
    'only one extender can implement bind',
  ],
  [{ profile: [] }, 'unknown field "profile"'],
])('%j is refused', (fields, message) => {
  expect(() => parse(fields)).toThrow(message)
})
