import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openMemoryStore } from '../../src/storage/memory.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { findKubectls, kubectlSession } from '../support/kubectl.ts'
import { failing, runSteps, type Step, step } from '../support/kubectl-steps.ts'

const discovered = async (api: ApiUnderTest) => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const { json } = await api.request('GET', '/apis', undefined, { accept })
  type Group = { metadata: { name: string }; versions: { version: string; resources: { resource: string }[] }[] }
  return (json.items as Group[]).flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources.map(({ resource }) => `${metadata.name}/${version}/${resource}`),
    ),
  )
}

describe('by default', () => {
  let api: ApiUnderTest
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api.stop())

  test('alpha and beta versions are not there, though others of their group version are', async () => {
    const names = await discovered(api)
    expect(names).toContain('networking.k8s.io/v1beta1/ingresses')
    expect(names).not.toContain('networking.k8s.io/v1beta1/ipaddresses')
    const missing = await api.request('GET', '/apis/networking.k8s.io/v1beta1/ipaddresses')
    expect(missing.status).toBe(404)
    expect((await api.request('GET', '/apis/scheduling.k8s.io/v1alpha2')).status).toBe(404)
    expect((await api.request('GET', '/apis/storagemigration.k8s.io')).status).toBe(404)
    const { text } = await api.request('GET', '/openapi/v2')
    expect(text).not.toContain('io.k8s.api.scheduling.v1alpha2')
    const index = await api.request('GET', '/openapi/v3')
    expect(Object.keys(index.json.paths)).not.toContain('apis/resource.k8s.io/v1beta1')
  })
})

describe('what is switched on', () => {
  let api: ApiUnderTest
  const runtimeConfig =
    'resource.k8s.io/v1beta1=true,scheduling.k8s.io/v1alpha2/workloads=true,api/alpha=false,batch/v1=false'
  beforeAll(async () => {
    api = await startApi({ runtimeConfig })
  })
  afterAll(() => api.stop())

  test('is in discovery, in both forms, and in both OpenAPIs', async () => {
    const names = await discovered(api)
    expect(names).toContain('resource.k8s.io/v1beta1/resourceclaims')
    expect(names).toContain('scheduling.k8s.io/v1alpha2/workloads')
    expect(names).not.toContain('scheduling.k8s.io/v1alpha2/podgroups')
    const { json } = await api.request('GET', '/apis/resource.k8s.io')
    expect(json.versions.map(({ version }: { version: string }) => version)).toEqual(['v1', 'v1beta1'])
    expect(json.preferredVersion.version).toBe('v1')
    const { text } = await api.request('GET', '/openapi/v2')
    expect(text).toContain('io.k8s.api.resource.v1beta1.BasicDevice')
    const index = await api.request('GET', '/openapi/v3')
    expect(Object.keys(index.json.paths)).toContain('apis/resource.k8s.io/v1beta1')
  })

  test('has an APIService', async () => {
    const found = await api.request('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.resource.k8s.io')
    expect(found.json.spec.service).toBeUndefined()
  })

  test('can also be a stable version that is switched off', async () => {
    expect((await api.request('GET', '/apis/batch/v1/jobs')).status).toBe(404)
    expect((await api.request('GET', '/apis/batch/v1beta1/cronjobs')).status).toBe(200)
  })

  test('answers with a warning where upstream has called it deprecated', async () => {
    const old = await api.request('GET', '/apis/resource.k8s.io/v1beta1/deviceclasses')
    expect(old.headers.warning).toContain(
      'resource.k8s.io/v1beta1 DeviceClass is deprecated in v1.35+, unavailable in v1.38+"',
    )
    const young = await api.request('GET', '/apis/scheduling.k8s.io/v1alpha2/workloads')
    expect(young.headers.warning).toBeUndefined()
  })

  test('shows requests for devices in the form of its version', async () => {
    const [beta, stable] = ['v1beta1', 'v1'].map(v => `/apis/resource.k8s.io/${v}/namespaces/default/resourceclaims`)
    const requests = [
      { name: 'one', deviceClassName: 'gpu', selectors: [{ cel: { expression: 'device.driver == "d"' } }] },
      { name: 'two', firstAvailable: [{ name: 'a', deviceClassName: 'gpu', count: 2 }] },
    ]
    const made = await api.request('POST', beta!, { metadata: { name: 'c' }, spec: { devices: { requests } } })
    // Go writes the empty name, too.
    expect(made.json.spec.devices.requests).toEqual([
      { ...requests[0], allocationMode: 'ExactCount', count: 1 },
      {
        name: 'two',
        deviceClassName: '',
        firstAvailable: [{ name: 'a', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 }],
      },
    ])
    const seen = await api.request('GET', `${stable}/c`)
    const { name, ...exactly } = requests[0]!
    expect(seen.json.spec.devices.requests).toEqual([
      { name, exactly: { ...exactly, allocationMode: 'ExactCount', count: 1 } },
      { name: 'two', firstAvailable: [{ name: 'a', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 }] },
    ])
    const wrong = await api.request('POST', beta!, {
      metadata: { name: 'w' },
      spec: { devices: { requests: [{ name: 'x' }, { name: 'y', deviceClassName: 'gpu', count: -1 }] } },
    })
    expect(wrong.status).toBe(422)
    expect(wrong.json.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      'spec.devices.requests[0].exactly.deviceClassName',
      'spec.devices.requests[1].exactly.count',
    ])
  })

  test('shows devices in the form of its version', async () => {
    const [beta, stable] = ['v1beta1', 'v1'].map(v => `/apis/resource.k8s.io/${v}/resourceslices`)
    const basic = { attributes: { model: { string: 'x' } }, capacity: { memory: { value: '1Gi' } } }
    const spec = {
      driver: 'd.example.com',
      pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      nodeName: 'n',
      devices: [{ name: 'dev', basic }],
    }
    const made = await api.request('POST', beta!, { metadata: { name: 's' }, spec })
    expect(made.json.spec).toEqual(spec)
    const seen = await api.request('GET', `${stable}/s`)
    expect(seen.json.spec.devices).toEqual([{ name: 'dev', ...basic }])
    const found = await api.request('GET', `${beta}?fieldSelector=spec.nodeName%3Dn`)
    expect(found.json.items).toHaveLength(1)
  })
})

test('only who may attest for a signer makes its trust bundles', async () => {
  const api = await startApi({ runtimeConfig: 'certificates.k8s.io/v1beta1=true' })
  const path = '/apis/certificates.k8s.io/v1beta1/clustertrustbundles'
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const allow = async (name: string, rules: object[]) => {
    await api.request('POST', `${rbac}/clusterroles`, { metadata: { name }, rules })
    await api.request('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' }],
    })
  }
  const bundle = (name: string, signerName?: string) => ({
    metadata: { name },
    spec: { signerName, trustBundle: new X509Certificate(api.cluster.access.ca).toString() },
  })
  const make = (name: string, signerName?: string) =>
    api.request('POST', path, bundle(name, signerName), { 'impersonate-user': 'ann' })
  try {
    await allow('bundles', [
      { apiGroups: ['certificates.k8s.io'], resources: ['clustertrustbundles'], verbs: ['create'] },
    ])
    expect((await make('own')).status).toBe(201)
    const refused = await make('example.com:s:one', 'example.com/s')
    expect(refused.status).toBe(403)
    expect(refused.json.message).toBe(
      'clustertrustbundles.certificates.k8s.io "example.com:s:one" is forbidden: user not permitted to attest for signerName "example.com/s"',
    )
    await allow('attest', [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['signers'],
        resourceNames: ['example.com/*'],
        verbs: ['attest'],
      },
    ])
    expect((await make('example.com:s:one', 'example.com/s')).status).toBe(201)
    const { json } = await api.request('GET', `${path}?fieldSelector=spec.signerName%3Dexample.com/s`)
    expect(json.items).toHaveLength(1)
  } finally {
    await api.stop()
  }
})

test('what nobody has heard of is refused in upstream’s words', async () => {
  await expect(startApi({ runtimeConfig: 'nobody.example/v1=true' })).rejects.toThrow(
    'unknown api groups nobody.example/v1',
  )
})

test('objects outlast that their version is switched off', async () => {
  const store = openMemoryStore()
  const path = '/apis/scheduling.k8s.io/v1alpha2/namespaces/default/workloads'
  const runtimeConfig = 'scheduling.k8s.io/v1alpha2=true'
  const services = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha2.scheduling.k8s.io'
  const statuses: number[] = []
  for (const config of [runtimeConfig, '', runtimeConfig]) {
    const api = await startApi({ store, runtimeConfig: config })
    if (statuses.length === 0) {
      const podGroupTemplates = [{ name: 'workers', schedulingPolicy: { gang: { minCount: 2 } } }]
      const made = await api.request('POST', path, { metadata: { name: 'w' }, spec: { podGroupTemplates } })
      expect(made.status).toBe(201)
    }
    statuses.push((await api.request('GET', `${path}/w`)).status, (await api.request('GET', services)).status)
    await api.stop()
  }
  await store.close()
  expect(statuses).toEqual([200, 200, 404, 404, 200, 200])
})

const OBJECTS = `apiVersion: scheduling.k8s.io/v1alpha2
kind: Workload
metadata: {name: training}
spec:
  podGroupTemplates:
  - {name: workers, schedulingPolicy: {gang: {minCount: 4}}}
---
apiVersion: scheduling.k8s.io/v1alpha2
kind: PodGroup
metadata: {name: workers}
spec:
  podGroupTemplateRef: {workload: {workloadName: training, podGroupTemplateName: workers}}
  schedulingPolicy: {gang: {minCount: 4}}
---
apiVersion: coordination.k8s.io/v1alpha2
kind: LeaseCandidate
metadata: {name: one}
spec: {leaseName: leader, binaryVersion: 1.36.0, emulationVersion: 1.35.0, strategy: OldestEmulationVersion}
---
apiVersion: storagemigration.k8s.io/v1beta1
kind: StorageVersionMigration
metadata: {name: ingresses}
spec: {resource: {group: networking.k8s.io, resource: ingresses}}
---
apiVersion: resource.k8s.io/v1alpha3
kind: DeviceTaintRule
metadata: {name: broken}
spec:
  deviceSelector: {driver: gpu.example.com}
  taint: {key: example.com/broken, effect: NoExecute}
---
apiVersion: resource.k8s.io/v1alpha3
kind: ResourcePoolStatusRequest
metadata: {name: count}
spec: {driver: gpu.example.com}
`

const steps: Step[] = [
  step('apply -f objects.yaml', 'podgroup.scheduling.k8s.io/workers created'),
  step('apply -f objects.yaml', /(\S+ unchanged\n){6}/),
  step(
    'apply --server-side -f objects.yaml --force-conflicts',
    'workload.scheduling.k8s.io/training serverside-applied',
  ),
  step('get leasecandidates', /NAME +LEASENAME +BINARYVERSION +EMULATIONVERSION +AGE\none +leader +1\.36\.0 +1\.35\.0/),
  step('get leasecandidates.v1beta1.coordination.k8s.io one -o jsonpath={.spec.strategy}', 'OldestEmulationVersion'),
  step('get storageversionmigrations', /NAME +RESOURCE\ningresses +ingresses\.networking\.k8s\.io/),
  step('get devicetaintrules -o jsonpath={.items[0].spec.taint.timeAdded}', /\d{4}-/),
  step('get resourcepoolstatusrequest count -o jsonpath={.spec.limit}', /^100$/),
  step('get podgroup workers -o jsonpath={.spec.disruptionMode}', /^Pod$/),
  step('explain workload.spec.podGroupTemplates.schedulingPolicy.gang', 'minCount'),
  failing(
    ['patch', 'workload', 'training', '--type=merge', '-p', '{"spec":{"controllerRef":{"kind":"Job","name":"x"}}}'],
    'spec.controllerRef: Invalid value',
  ),
  failing(
    ['patch', 'leasecandidate', 'one', '--type=merge', '-p', '{"spec":{"binaryVersion":"1.34.0"}}'],
    'spec.binaryVersion: Invalid value: "1.34.0": must be greater than or equal to `emulationVersion`',
  ),
  step('delete -f objects.yaml', 'storageversionmigration.storagemigration.k8s.io "ingresses" deleted'),
]

const newest = findKubectls().at(-1)
test.skipIf(!newest)(
  'kubectl applies, shows, explains and deletes objects of alpha and beta kinds',
  async () => {
    const api = await startApi({ runtimeConfig: 'api/all=true' })
    const session = kubectlSession(newest!, api.cluster.kubeconfig)
    try {
      session.file('objects.yaml', OBJECTS)
      const wrong = await runSteps(session, 'default', newest!.minor, steps)
      expect(wrong.join('\n\n')).toBe('')
    } finally {
      session.end()
      await api.stop()
    }
  },
  60_000,
)
