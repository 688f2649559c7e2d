import { expect, test } from 'vitest'
import { readConfiguration } from './configuration.ts'

const problem = (text: string) => {
  try {
    readConfiguration(text, 'adapter.yaml')
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

test('rules are read', () => {
  const { rules, externalRules } = readConfiguration(
    `rules:
- seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  name: {matches: "^(.*)_total$", as: "\${1}_per_second"}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)
`,
    'adapter.yaml',
  )
  expect(rules).toHaveLength(1)
  expect(rules[0]!.name!.as).toBe(`\${1}_per_second`)
  expect(externalRules).toEqual([])
})

test.each([
  ['rules: 1', 'rules is no list'],
  ['- x', 'it is no YAML object'],
  ['rules: [{name: {as: x}}]', 'rules[0].seriesQuery is missing'],
  ['externalRules: [{seriesQuery: x, metricQuery: y}]', 'externalRules[0].metricQuery is unknown'],
  [
    'rules: [{seriesQuery: x, resources: {overrides: {pod: {}}}}]',
    'rules[0].resources.overrides[pod] does not say which',
  ],
  ['resourceRules: {cpu: {}}', 'resourceRules are of no use here'],
])('%s is refused', (text, why) => {
  expect(problem(text)).toContain(why)
})
