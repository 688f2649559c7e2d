import { describe, expect, test } from 'vitest'
import { deployment } from '../api/apps/deployment.ts'
import { namespace } from '../api/core/namespace.ts'
import { pod } from '../api/core/pod.ts'
import { ingress } from '../api/networking/ingress.ts'
import { parseSelector } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import type { Client } from '../client/client.ts'
import { LabelResources } from './label-resources.ts'
import { formatMatchers, matchersOf, oneOf } from './matchers.ts'
import { ResourceKinds } from './resource-kinds.ts'
import { Rule } from './rule.ts'

const kinds = new ResourceKinds(undefined as unknown as Client)
const seriesQuery = 'http_requests_total'
const of = (kind: unknown) => kind as Kind

describe('labels that name resources', () => {
  test('one by one', () => {
    const labels = new LabelResources(
      { overrides: { ns: { resource: 'namespace' }, pod_name: { resource: 'pods' } } },
      kinds,
    )
    expect(labels.resourceOf('ns')).toBe(namespace)
    expect(labels.resourceOf('pod_name')).toBe(pod)
    expect(labels.resourceOf('constructor')).toBeUndefined()
    expect(labels.labelOf(of(pod))).toBe('pod_name')
    expect(labels.labelOf(of(deployment))).toBeUndefined()
  })

  test('by a template', () => {
    const labels = new LabelResources({ template: 'kube_<<.Group>>_<<.Resource>>' }, kinds)
    expect(labels.labelOf(of(deployment))).toBe('kube_apps_deployment')
    expect(labels.labelOf(of(ingress))).toBe('kube_networking_k8s_io_ingress')
    expect(labels.resourceOf('kube_apps_deployment')).toBe(deployment)
    expect(labels.resourceOf('job')).toBeUndefined()
  })

  test('by a template without groups', () => {
    const labels = new LabelResources({ template: '<<.Resource>>' }, kinds)
    expect(labels.labelOf(of(pod))).toBe('pod')
    expect(labels.resourceOf('namespace')).toBe(namespace)
    expect(labels.resourceOf('deployment')).toBe(deployment)
  })
})

test('a query has the series, its labels and what to group by', () => {
  const metricsQuery = 'sum(rate(<<.Series>>{<<.LabelMatchers>>,code!="500"}[2m])) by (<<.GroupBy>>)'
  const rule = new Rule({ seriesQuery, metricsQuery }, kinds)
  const matchers = [oneOf('namespace', ['default']), oneOf('pod', ['a', 'b.c'])]
  expect(rule.query('http_requests_total', matchers, 'pod')).toBe(
    'sum(rate(http_requests_total{namespace="default",pod=~"a|b\\\\.c",code!="500"}[2m])) by (pod)',
  )
})

test('without a query, series are summed up', () => {
  expect(new Rule({ seriesQuery }, kinds).query('x', [oneOf('pod', ['a'])], 'pod')).toBe('sum(x{pod="a"}) by (pod)')
})

test('values of labels may stand in a query by themselves', () => {
  const metricsQuery = 'max(queue{ns="<<index .LabelValuesByName "namespace">>"})'
  expect(new Rule({ seriesQuery, metricsQuery }, kinds).query('x', [oneOf('namespace', ['a'])], '')).toBe(
    'max(queue{ns="a"})',
  )
})

test.each([
  [{ metricsQuery: 'sum(<<.Serie>>)' }, '<<.Serie>> is not known'],
  [{ name: { matches: '(' } }, 'missing closing )'],
])('a rule with %j cannot be used', (rule, why) => {
  expect(() => new Rule({ seriesQuery, ...rule }, kinds)).toThrow(why)
})

test('filters leave series out', () => {
  const rule = new Rule({ seriesQuery, seriesFilters: [{ is: '^http_' }, { isNot: '_seconds$' }] }, kinds)
  expect(['http_requests', 'http_seconds', 'grpc_requests'].map(name => rule.metricOf(name))).toEqual([
    'http_requests',
    undefined,
    undefined,
  ])
})

test('label selectors become conditions of PromQL', () => {
  expect(formatMatchers(matchersOf(parseSelector('a=1,b!=2,c in (x,y),d notin (x,y),e,!f')))).toBe(
    'a="1",b!="2",c=~"x|y",d!~"x|y",e!="",f=""',
  )
  expect(() => matchersOf(parseSelector('a>1'))).toThrow('selectors of metrics cannot compare: a gt')
})
