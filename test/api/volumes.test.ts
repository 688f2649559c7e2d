import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  StorageV1Api,
  type V1PersistentVolume,
  type V1PersistentVolumeClaim,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'

const PROVISIONER = 'ceph.com/rbd'
const FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer'
const namespace = 'default'
let cluster: Cluster
let config: KubeConfig
let core: CoreV1Api

beforeAll(async () => {
  cluster = await createCluster()
  config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
  const storage = config.makeApiClient(StorageV1Api)
  const parameters = { monitors: '10.0.0.1:6789', pool: 'kube', adminId: 'admin', fsType: 'xfs' }
  for (const reclaimPolicy of ['Retain', 'Delete']) {
    const metadata = { name: `ceph-${reclaimPolicy.toLowerCase()}` }
    await storage.createStorageClass({ body: { metadata, provisioner: PROVISIONER, reclaimPolicy, parameters } })
  }
})
afterAll(() => cluster.stop())

/** A provisioner as others write them: it knows the API, the annotations and the finalizer, and nothing else of us. */
async function startProvisioner(): Promise<() => Promise<void>> {
  const storage = config.makeApiClient(StorageV1Api)
  const claims = makeInformer<V1PersistentVolumeClaim>(config, '/api/v1/persistentvolumeclaims', () =>
    core.listPersistentVolumeClaimForAllNamespaces(),
  )
  const provision = async ({ metadata, spec }: V1PersistentVolumeClaim) => {
    if (metadata?.annotations?.['volume.kubernetes.io/storage-provisioner'] !== PROVISIONER || spec?.volumeName) return
    const { reclaimPolicy, parameters } = await storage.readStorageClass({ name: spec!.storageClassName! })
    const { name, namespace, uid } = metadata
    const body: V1PersistentVolume = {
      metadata: {
        name: `pvc-${uid}`,
        annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER },
        finalizers: [FINALIZER],
      },
      spec: {
        accessModes: spec!.accessModes,
        capacity: { storage: spec!.resources!.requests!.storage! },
        storageClassName: spec!.storageClassName,
        persistentVolumeReclaimPolicy: reclaimPolicy,
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
        rbd: { image: `kubernetes-${uid}`, monitors: [parameters!.monitors!], pool: parameters!.pool },
      },
    }
    await core.createPersistentVolume({ body }).catch(() => {})
  }
  claims.on('add', provision)
  claims.on('update', provision)
  const volumes = makeInformer<V1PersistentVolume>(config, '/api/v1/persistentvolumes', () =>
    core.listPersistentVolume(),
  )
  volumes.on('update', async volume => {
    const { metadata, spec, status } = volume
    if (metadata?.annotations?.['pv.kubernetes.io/provisioned-by'] !== PROVISIONER) return
    if (spec?.persistentVolumeReclaimPolicy !== 'Delete' || status?.phase !== 'Released') return
    const name = metadata.name!
    if (!metadata.deletionTimestamp) await core.deletePersistentVolume({ name }).catch(() => {})
    else {
      metadata.finalizers = metadata.finalizers?.filter(finalizer => finalizer !== FINALIZER)
      await core.replacePersistentVolume({ name, body: volume }).catch(() => {})
    }
  })
  await Promise.all([claims.start(), volumes.start()])
  return async () => {
    await Promise.all([claims.stop(), volumes.stop()])
  }
}

const addClaim = (name: string, storageClassName?: string) =>
  core.createNamespacedPersistentVolumeClaim({
    namespace,
    body: {
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '8Gi' } } },
    },
  })
const phaseOf = async (name: string) =>
  (await core.readNamespacedPersistentVolumeClaim({ namespace, name })).status?.phase
const volumeOf = async (claim: string) =>
  (await core.listPersistentVolume()).items.find(({ spec }) => spec?.claimRef?.name === claim)
const eventsOf = async (name: string) =>
  (await core.listNamespacedEvent({ namespace, fieldSelector: `involvedObject.name=${name}` })).items

test('a claim waits for its external provisioner, which makes, keeps or deletes the volume', async () => {
  await addClaim('kept', 'ceph-retain')
  await addClaim('gone', 'ceph-delete')
  await expect
    .poll(async () => (await eventsOf('kept'))[0])
    .toMatchObject({
      type: 'Normal',
      reason: 'ExternalProvisioning',
      message: expect.stringContaining(
        "Waiting for a volume to be created either by the external provisioner 'ceph.com/rbd' or manually",
      ),
      source: { component: 'persistentvolume-controller' },
    })
  expect(await phaseOf('kept')).toBe('Pending')

  const stop = await startProvisioner()
  try {
    await expect.poll(() => phaseOf('kept')).toBe('Bound')
    await expect.poll(() => phaseOf('gone')).toBe('Bound')
    for (const name of ['kept', 'gone']) await core.deleteNamespacedPersistentVolumeClaim({ namespace, name })
    await expect.poll(async () => (await volumeOf('kept'))?.status?.phase).toBe('Released')
    await expect.poll(() => volumeOf('gone')).toBeUndefined()
  } finally {
    await stop()
  }
})

test('without a class a claim gets the default one, and a volume once a pod on a node needs it', async () => {
  await addClaim('data')
  const claim = await core.readNamespacedPersistentVolumeClaim({ namespace, name: 'data' })
  expect(claim.spec?.storageClassName).toBe('local-path')
  expect(claim.status?.phase).toBe('Pending')
  await core.createNamespacedPod({
    namespace,
    body: {
      metadata: { name: 'user' },
      spec: {
        containers: [{ name: 'main', image: 'x' }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
      },
    },
  })
  await expect.poll(() => phaseOf('data')).toBe('Bound')
  await expect
    .poll(async () => (await core.readNamespacedPod({ namespace, name: 'user' })).status?.phase)
    .toBe('Running')
})
