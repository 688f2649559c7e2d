import { expect, test } from 'vitest'
import { metricNamer } from './metric-name.ts'

test.each([
  [undefined, 'http_requests_total', 'http_requests_total'],
  [{ matches: '^(.*)_total$', as: `\${1}_per_second` }, 'http_requests_total', 'http_requests_per_second'],
  [{ matches: '^(.*)_total$' }, 'http_requests_total', 'http_requests'],
  [{ matches: '^container_(.*)_seconds_total$', as: '' }, 'container_cpu_usage_seconds_total', 'cpu_usage'],
  [{ matches: '^http_', as: 'all' }, 'http_requests_total', 'all'],
  [{ matches: '^(?P<what>.*)_(?P<unit>[a-z]+)$', as: `\${what}_in_$unit` }, 'size_bytes', 'size_in_bytes'],
  [{ matches: '^(.*)_total$', as: '$1_per_second' }, 'http_requests_total', ''],
  [{ matches: '^(.*)_total$', as: 'cost_$$_$1' }, 'x_total', 'cost_$_x'],
])('%j calls %s %s', (name, series, metric) => {
  expect(metricNamer(name)(series)).toBe(metric)
})

test('series that do not match are none', () => {
  expect(metricNamer({ matches: '^(.*)_total$' })('http_requests')).toBeUndefined()
})

test('with several groups it has to be said which', () => {
  expect(() => metricNamer({ matches: '^(.*)_(.*)$' })).toThrow(
    `must specify an 'as' value for name matcher "^(.*)_(.*)$"`,
  )
})
