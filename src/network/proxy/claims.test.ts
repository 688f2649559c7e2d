import { expect, test } from 'vitest'
import { Claims } from './claims.ts'
import type { Rule } from './service-map.ts'

const rule = (address: string, endpoint: string): Rule => ({
  address,
  protocol: 'tcp',
  port: 80,
  endpoints: [{ address: endpoint, port: 8080 }],
  affinitySeconds: 0,
  masquerade: 'always',
})

test('tells what changed, and nothing where nothing did', () => {
  const claims = new Claims()
  const [a, b] = [rule('1.1.1.1', '10.0.0.1'), rule('1.1.1.1', '10.0.0.2')]
  expect(claims.update('dev/a', [a]).changes).toEqual([{ before: undefined, after: a }])
  expect(claims.update('dev/a', [rule('1.1.1.1', '10.0.0.1')]).changes).toEqual([])
  expect(claims.update('dev/a', [b]).changes).toEqual([{ before: a, after: b }])
  expect(claims.update('dev/a', []).changes).toEqual([{ before: b, after: undefined }])
  expect([...claims.rules()]).toEqual([])
})

test('who came first keeps an address, and hands it over when it goes', () => {
  const claims = new Claims()
  const [first, second] = [rule('1.1.1.1', '10.0.0.1'), rule('1.1.1.1', '10.0.0.2')]
  claims.update('dev/a', [first])
  expect(claims.update('dev/b', [second])).toEqual({
    changes: [],
    conflicts: [{ loser: 'dev/b', holder: 'dev/a', rule: second }],
  })
  expect(claims.update('dev/b', [second]).conflicts).toEqual([])
  expect([...claims.rules()]).toEqual([first])
  expect(claims.update('dev/a', []).changes).toEqual([{ before: first, after: second }])
})

test('one owner has an address once', () => {
  const claims = new Claims()
  const first = rule('1.1.1.1', '10.0.0.1')
  expect(claims.update('dev/a', [first, rule('1.1.1.1', '10.0.0.2')])).toEqual({
    changes: [{ before: undefined, after: first }],
    conflicts: [],
  })
})
