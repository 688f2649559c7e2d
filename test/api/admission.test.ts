import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

let last = 0
/** A namespace of the test's own. */
async function namespaceWith(labels: Record<string, string> = {}): Promise<string> {
  const name = `ns-${++last}`
  const answer = await api.request('POST', '/api/v1/namespaces', { metadata: { name, labels } })
  expect(answer.status).toBe(201)
  const account = await api.request('POST', `/api/v1/namespaces/${name}/serviceaccounts`, {
    metadata: { name: 'default' },
  })
  expect(account.status).toBe(201)
  return name
}

const pod = (name: string, container: object = {}, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'nginx', ...container }], ...spec },
})
const createPod = (namespace: string, body: object) => api.request('POST', `/api/v1/namespaces/${namespace}/pods`, body)
const limits = (namespace: string, items: object[]) =>
  api.request('POST', `/api/v1/namespaces/${namespace}/limitranges`, {
    metadata: { name: 'bounds' },
    spec: { limits: items },
  })

test('LimitRanger gives containers defaults, and notes that it did', async () => {
  const namespace = await namespaceWith()
  await limits(namespace, [
    { type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '500m' } },
  ])
  const { json } = await createPod(namespace, pod('web', { resources: { limits: { memory: '2Gi' } } }))
  expect(json.spec.containers[0].resources).toEqual({
    limits: { cpu: '1', memory: '2Gi' },
    requests: { cpu: '500m', memory: '2Gi' },
  })
  expect(json.metadata.annotations['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: cpu request for container main; cpu limit for container main',
  )
})

test('LimitRanger refuses what is out of bounds, every reason at once', async () => {
  const namespace = await namespaceWith()
  await limits(namespace, [
    { type: 'Container', min: { cpu: '200m' }, max: { memory: '1Gi' }, maxLimitRequestRatio: { cpu: '2' } },
    { type: 'Pod', max: { memory: '1Gi' } },
  ])
  const { status, json } = await createPod(
    namespace,
    pod('web', { resources: { limits: { cpu: '1', memory: '2Gi' }, requests: { cpu: '100m', memory: '2Gi' } } }),
  )
  expect(status).toBe(403)
  expect(json.message).toBe(
    'pods "web" is forbidden: [minimum cpu usage per Container is 200m, but request is 100m, ' +
      'maximum memory usage per Container is 1Gi, but limit is 2Gi, ' +
      'cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000, ' +
      'maximum memory usage per Pod is 1Gi, but limit is 2Gi]',
  )
})

test('LimitRanger bounds claims', async () => {
  const namespace = await namespaceWith()
  await limits(namespace, [{ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }])
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } }
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`
  const { json } = await api.request('POST', path, { metadata: { name: 'data' }, spec })
  expect(json.message).toBe(
    'persistentvolumeclaims "data" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 5Gi',
  )
})

test("PodSecurity refuses what the enforced level forbids, in upstream's words", async () => {
  const namespace = await namespaceWith({ 'pod-security.kubernetes.io/enforce': 'restricted' })
  const { status, json } = await createPod(namespace, pod('web', {}, { hostNetwork: true }))
  expect(status).toBe(403)
  expect(json.message).toBe(
    'pods "web" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true), ' +
      'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), ' +
      'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), ' +
      'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), ' +
      'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  )
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true }
  const seccompProfile = { type: 'RuntimeDefault' }
  const good = await createPod(namespace, pod('web', { securityContext }, { securityContext: { seccompProfile } }))
  expect(good.status).toBe(201)
})

test('PodSecurity warns of templates, and of pods that a new level would not have let in', async () => {
  const namespace = await namespaceWith({
    'pod-security.kubernetes.io/warn': 'baseline',
    'pod-security.kubernetes.io/warn-version': 'v1.30',
  })
  const template = { metadata: { labels: { app: 'a' } }, spec: { ...pod('x').spec, hostPID: true } }
  const deployment = { metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'a' } }, template } }
  const answer = await api.request('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, deployment)
  expect(answer.status).toBe(201)
  expect(answer.headers.warning).toContain(
    'would violate PodSecurity \\"baseline:v1.30\\": host namespaces (hostPID=true)',
  )

  for (const name of ['a', 'b']) await createPod(namespace, pod(name, { securityContext: { privileged: true } }))
  const patch = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } }
  const stricter = await api.request('PATCH', `/api/v1/namespaces/${namespace}`, patch, {
    'content-type': 'application/merge-patch+json',
  })
  expect(stricter.status).toBe(200)
  expect(stricter.headers.warning).toContain('existing pods in namespace')
  expect(stricter.headers.warning).toContain('a (and 1 other pod): privileged')
})

test('PodSecurity refuses labels that mean nothing', async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'strict' }
  const { status, json } = await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'odd', labels } })
  expect(status).toBe(422)
  expect(json.message).toBe(
    'Namespace "odd" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
  )
})

test('DefaultStorageClass gives claims the newest default class', async () => {
  const namespace = await namespaceWith()
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  await api.request('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: 'fast', annotations },
    provisioner: 'example.com/none',
  })
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`
  const { json } = await api.request('POST', path, { metadata: { name: 'data' }, spec })
  expect(json.spec.storageClassName).toBe('fast')
  const none = await api.request('POST', path, { metadata: { name: 'none' }, spec: { ...spec, storageClassName: '' } })
  expect(none.json.spec.storageClassName).toBe('')

  const bound = await api.request('PUT', `${path}/data/status`, { ...json, status: { phase: 'Bound' } })
  const grown = { ...bound.json, spec: { ...json.spec, resources: { requests: { storage: '2Gi' } } } }
  const refused = await api.request('PUT', `${path}/data`, grown)
  expect(refused.json.message).toBe(
    'persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  )
})

test('RuntimeClass gives pods its overhead and place, and refuses unknown ones', async () => {
  const namespace = await namespaceWith()
  await api.request('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
    metadata: { name: 'vm' },
    handler: 'kata',
    overhead: { podFixed: { memory: '64Mi' } },
    scheduling: { nodeSelector: { vm: 'yes' } },
  })
  const { json } = await createPod(namespace, pod('web', {}, { runtimeClassName: 'vm', nodeSelector: { disk: 'ssd' } }))
  expect(json.spec).toMatchObject({ overhead: { memory: '64Mi' }, nodeSelector: { vm: 'yes', disk: 'ssd' } })
  const other = await createPod(namespace, pod('other', {}, { runtimeClassName: 'none' }))
  expect(other.json.message).toBe('pods "other" is forbidden: pod rejected: RuntimeClass "none" not found')
})

test('PodTopologyLabels tells a pod in which zone its node is, unless it says so itself', async () => {
  const namespace = await namespaceWith()
  const [zone, region] = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']
  const labels = { [zone]: 'b', [region]: 'eu', rack: '7' }
  await api.request('POST', '/api/v1/nodes', { metadata: { name: 'far', labels } })
  const target = { target: { kind: 'Node', name: 'far' } }
  const labelsOf = async (name: string) => {
    const { json } = await api.request('GET', `/api/v1/namespaces/${namespace}/pods/${name}`)
    return json.metadata.labels
  }
  await createPod(namespace, pod('plain'))
  await api.request('POST', `/api/v1/namespaces/${namespace}/pods/plain/binding`, {
    metadata: { name: 'plain' },
    ...target,
  })
  expect(await labelsOf('plain')).toEqual({ [zone]: 'b', [region]: 'eu' })
  await createPod(namespace, { ...pod('own'), metadata: { name: 'own', labels: { [zone]: 'mine' } } })
  await api.request('POST', `/api/v1/namespaces/${namespace}/pods/own/binding`, {
    metadata: { name: 'own' },
    ...target,
  })
  expect(await labelsOf('own')).toEqual({ [zone]: 'mine', [region]: 'eu' })
  await createPod(namespace, pod('placed', {}, { nodeName: 'far' }))
  expect(await labelsOf('placed')).toEqual({ [zone]: 'b', [region]: 'eu' })
})

test('system priority classes stay, and only one class is the default', async () => {
  const path = '/apis/scheduling.k8s.io/v1/priorityclasses'
  const create = (name: string, rest: object) => api.request('POST', path, { metadata: { name }, ...rest })
  await create('system-node-critical', { value: 2_000_001_000 })
  const deleted = await api.request('DELETE', `${path}/system-node-critical`)
  expect(deleted.status).toBe(403)
  expect(deleted.json.message).toBe(
    'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
  )
  expect((await create('first', { value: 1, globalDefault: true })).status).toBe(201)
  const second = await create('second', { value: 2, globalDefault: true })
  expect(second.status).toBe(403)
  expect(second.json.message).toBe(
    'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass first is already marked as default. Only one default can exist',
  )
  expect(
    (
      await api.request(
        'PATCH',
        `${path}/first`,
        { description: 'x' },
        { 'content-type': 'application/merge-patch+json' },
      )
    ).status,
  ).toBe(200)
  expect((await api.request('DELETE', `${path}/first`)).status).toBe(200)
})
