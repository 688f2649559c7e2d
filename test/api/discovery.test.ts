import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

test('both forms of discovery name the same resources', async () => {
  const old = (await api.request('GET', '/apis/apps/v1')).json
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const aggregated = await api.request('GET', '/apis', undefined, { accept })
  expect(aggregated.headers['content-type']).toBe(accept)
  const apps = aggregated.json.items.find((g: { metadata: { name: string } }) => g.metadata.name === 'apps')
  const inOld = old.resources.map((r: { name: string }) => r.name).sort()
  const inNew = apps.versions[0].resources
    .flatMap((r: { resource: string; subresources?: { subresource: string }[] }) => [
      r.resource,
      ...(r.subresources ?? []).map(s => `${r.resource}/${s.subresource}`),
    ])
    .sort()
  expect(inNew).toEqual(inOld)
  expect(inOld).toContain('deployments/scale')
})

test('short names and categories are there for kubectl', async () => {
  const { json } = await api.request('GET', '/api/v1')
  const pods = json.resources.find((r: { name: string }) => r.name === 'pods')
  expect(pods).toMatchObject({ singularName: 'pod', shortNames: ['po'], categories: ['all'], namespaced: true })
})

test('OpenAPI describes what is served, in both versions', async () => {
  const v2 = (await api.request('GET', '/openapi/v2')).json
  expect(v2.definitions['io.k8s.api.core.v1.Pod'].properties.spec.$ref).toBe('#/definitions/io.k8s.api.core.v1.PodSpec')
  const index = (await api.request('GET', '/openapi/v3')).json
  const v3 = (await api.request('GET', index.paths['apis/apps/v1'].serverRelativeURL)).json
  const patch = v3.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch
  expect(patch.parameters.map((p: { name: string }) => p.name)).toEqual(
    expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation', 'force']),
  )
})

test('health, version and metrics answer', async () => {
  expect((await api.request('GET', '/readyz?verbose')).text).toContain('readyz check passed')
  expect((await api.request('GET', '/version')).json).toMatchObject({ major: '1', minor: '36' })
  await api.request('GET', '/api/v1/namespaces/default')
  expect((await api.request('GET', '/metrics')).text).toContain('apiserver_request_total{verb="GET"')
})
