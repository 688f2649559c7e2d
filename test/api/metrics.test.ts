import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

/** The value of a figure; undefined where it is not there. */
async function figure(series: string): Promise<number | undefined> {
  const { text } = await api.request('GET', '/metrics')
  const line = text.split('\n').find(one => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

test('authentications are counted by what came of them', async () => {
  const failures = async () => (await figure('authentication_attempts{result="failure"}')) ?? 0
  const before = await failures()
  await api.request('GET', '/version', undefined, { authorization: 'Bearer nobody-has-this' })
  expect(await failures()).toBe(before + 1)
  expect(await figure('authentication_attempts{result="success"}')).toBeGreaterThan(0)
  expect(await figure('authentication_duration_seconds_count{result="failure"}')).toBe(before + 1)
  expect(await figure('authenticated_user_requests{username="other"}')).toBeGreaterThan(0)
})

test('authorizations are counted by what came of them', async () => {
  const refused = async () => (await figure('authorization_attempts_total{result="no-opinion"}')) ?? 0
  const before = await refused()
  await api.request('GET', '/api/v1/pods', undefined, { 'impersonate-user': 'nobody' })
  expect(await refused()).toBe(before + 1)
  expect(await figure('authorization_duration_seconds_count{result="allowed"}')).toBeGreaterThan(0)
})

test('deprecated versions that are asked for are told of', async () => {
  const series = (version: string) =>
    `apiserver_requested_deprecated_apis{group="batch",version="${version}",resource="cronjobs",subresource="",removed_release="1.25"}`
  await api.request('GET', '/apis/batch/v1beta1/cronjobs')
  expect(await figure(series('v1beta1'))).toBe(1)
  expect(await figure(series('v1'))).toBeUndefined()
})

test('priority levels tell how much of them was used', async () => {
  const prefix = 'apiserver_flowcontrol_'
  for (const series of [
    'priority_level_seat_utilization_count{priority_level="exempt",phase="executing"}',
    'priority_level_request_utilization_count{priority_level="global-default",phase="waiting"}',
    'demand_seats_bucket{priority_level="global-default",le="0.2"}',
  ]) {
    expect(await figure(prefix + series), series).toBeGreaterThan(0)
  }
})

test('requests are counted with their component and whether they were dry runs', async () => {
  const series =
    /^apiserver_request_total\{verb="POST",.*resource="configmaps",.*component="apiserver",dry_run="All",.*\} 1$/m
  await api.request('POST', '/api/v1/namespaces/default/configmaps?dryRun=All', { metadata: { name: 'dry' } })
  expect((await api.request('GET', '/metrics')).text).toMatch(series)
})

test('watches that are over are no longer counted as open', async () => {
  const rest = 'group="",version="v1",resource="secrets",subresource="",scope="cluster",component="apiserver"'
  await api.watch('/api/v1/secrets?watch=true&resourceVersion=1&timeoutSeconds=1', () => false)
  expect(await figure(`apiserver_longrunning_requests{verb="WATCH",${rest}}`)).toBe(0)
})

test('checks have a figure each', async () => {
  const { text } = await api.request('GET', '/metrics/slis')
  expect(text).toContain('kubernetes_healthcheck{name="etcd",type="readyz"} 1')
})
