import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { statefulSet } from '../../src/api/apps/statefulset.ts'
import { event as eventKind } from '../../src/api/core/event.ts'
import { persistentVolume } from '../../src/api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import { pod as podKind } from '../../src/api/core/pod.ts'
import { csiDriver } from '../../src/api/storage/csidriver.ts'
import { csiNode } from '../../src/api/storage/csinode.ts'
import { volumeAttachment } from '../../src/api/storage/volumeattachment.ts'
import { isReason } from '../../src/apimachinery/errors.ts'
import { FakeCsiDriver } from '../../src/kubelet/testing/fake-csi-driver.ts'
import { ProgramCluster } from './support/program.ts'

const cluster = new ProgramCluster()
const namespace = 'default'
const HOSTNAME = 'kubernetes.io/hostname'

beforeAll(async () => {
  await cluster.up('--nodes', '2')
  await cluster.run('image', 'load', 'busybox')
})
afterEach(async () => {
  const { client } = cluster
  await client.deleteCollection(statefulSet, { namespace })
  await client.deleteCollection(podKind, { namespace }, { gracePeriodSeconds: 0 })
  await client.deleteCollection(persistentVolumeClaim, { namespace })
  await client.deleteCollection(persistentVolume, {})
  await cluster.until(podKind, pods => pods.length === 0)
  await cluster.until(persistentVolume, volumes => volumes.length === 0)
})
afterAll(() => cluster.end())

const addClaim = (name = 'data', spec: object = {}) =>
  cluster.client.create(persistentVolumeClaim, {
    metadata: { name, namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  })
const getClaim = (name = 'data') => cluster.client.get(persistentVolumeClaim, { namespace, name })

const podSpec = (script: string, source: object) => ({
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'main',
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', script],
      volumeMounts: [{ name: 'v', mountPath: '/data' }],
    },
  ],
  volumes: [{ name: 'v', ...source }],
})
const OF_CLAIM = { persistentVolumeClaim: { claimName: 'data' } }

/** Runs a script in a pod that ends well, and resolves with the pod. */
async function runPod(name: string, script: string, source: object = OF_CLAIM, more: object = {}) {
  const spec = { ...podSpec(script, source), restartPolicy: 'Never', ...more }
  await cluster.client.create(podKind, { metadata: { name, namespace }, spec })
  const pods = await cluster.until(podKind, all =>
    all.some(p => p.metadata.name === name && /Succeeded|Failed/.test(p.status.phase ?? '')),
  )
  const pod = pods.find(({ metadata }) => metadata.name === name)!
  expect(pod.status.phase, JSON.stringify(pod.status)).toBe('Succeeded')
  await cluster.client.delete(podKind, pod, { gracePeriodSeconds: 0 })
  await cluster.until(podKind, all => all.every(p => p.metadata.name !== name))
  return pod
}

const eventsOf = async (name: string) =>
  (await cluster.client.list(eventKind, { namespace, fieldSelector: `involvedObject.name=${name}` })).items.map(
    ({ reason, message }) => `${reason}: ${message}`,
  )

/** Folders of volumes on all nodes, as the machine sees them. */
function folders(): string[] {
  const nodes = path.join(cluster.home, 'clusters', cluster.name, 'nodes')
  return readdirSync(nodes).flatMap(node => {
    const dir = path.join(nodes, node, 'data', 'local-path')
    return existsSync(dir) ? readdirSync(dir).map(name => path.join(dir, name)) : []
  })
}

test('a claim waits for its pod, keeps its data for the next one, also over down and up, and takes it along', async () => {
  await addClaim()
  await expect
    .poll(() => eventsOf('data'))
    .toEqual(['WaitForFirstConsumer: waiting for first consumer to be created before binding'])
  expect((await getClaim()).status.phase).toBe('Pending')

  const first = await runPod('first', 'echo one > /data/file')
  const claim = await getClaim()
  expect(claim.status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } })
  const volume = await cluster.client.get(persistentVolume, { name: claim.spec.volumeName! })
  expect(volume.status.phase).toBe('Bound')
  const [folder] = folders()
  expect(readFileSync(path.join(folder!, 'file'), 'utf8')).toBe('one\n')

  await cluster.disconnect()
  await cluster.run('down')
  await cluster.run('up')
  cluster.connect()
  const second = await runPod('second', 'test "$(cat /data/file)" = one && echo two >> /data/file')
  expect(second.spec.nodeName).toBe(first.spec.nodeName)

  await cluster.client.delete(persistentVolumeClaim, { namespace, name: 'data' })
  await cluster.until(persistentVolume, volumes => volumes.length === 0)
  expect(folders()).toEqual([])
})

test('a claim in use outlives its deletion until its pod is gone', async () => {
  await addClaim()
  const spec = podSpec('exec sleep 1000', OF_CLAIM)
  await cluster.client.create(podKind, { metadata: { name: 'user', namespace }, spec })
  await cluster.until(podKind, pods => pods.some(({ status }) => status.phase === 'Running'))
  await cluster.client.delete(persistentVolumeClaim, { namespace, name: 'data' })
  expect((await getClaim()).metadata.deletionTimestamp).toBeDefined()
  expect(folders()).toHaveLength(1)
  await cluster.client.delete(podKind, { namespace, name: 'user' }, { gracePeriodSeconds: 0 })
  await cluster.until(persistentVolume, volumes => volumes.length === 0)
  await expect(getClaim()).rejects.toSatisfy(error => isReason(error, 'NotFound'))
})

test('parts of a volume, groups and reading only are as the pod says', async () => {
  await addClaim()
  const securityContext = { fsGroup: 4242, runAsUser: 1000 }
  await runPod('writer', 'mkdir /data/a && echo x > /data/a/f && test "$(stat -c %g /data)" = 4242', OF_CLAIM, {
    securityContext,
  })
  const readOnly = { persistentVolumeClaim: { claimName: 'data', readOnly: true } }
  await runPod('reader', 'test -e /data/a/f && ! touch /data/b', readOnly)
  const [main] = podSpec('test -e /data/f', OF_CLAIM).containers
  await runPod('part', '', OF_CLAIM, {
    containers: [{ ...main, volumeMounts: [{ name: 'v', mountPath: '/data', subPath: 'a' }] }],
  })
})

test('every pod of a StatefulSet has a volume of its own, and finds it again', async () => {
  const script = 'hostname >> /data/names; exec sleep 1000'
  const { volumes: _, ...template } = podSpec(script, {})
  await cluster.client.create(statefulSet, {
    metadata: { name: 'db', namespace },
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: template },
      volumeClaimTemplates: [
        {
          metadata: { name: 'v' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  })
  await cluster.until(statefulSet, ([set]) => set?.status.readyReplicas === 2)
  const [before] = await cluster.until(podKind, pods => pods.some(({ metadata }) => metadata.name === 'db-0'))
  await cluster.client.delete(podKind, { namespace, name: 'db-0' }, { gracePeriodSeconds: 0 })
  await cluster.until(podKind, pods =>
    pods.some(
      p => p.metadata.name === 'db-0' && p.metadata.uid !== before!.metadata.uid && p.status.phase === 'Running',
    ),
  )
  const named = (name: string) => folders().find(folder => folder.endsWith(`_${name}`))!
  await expect.poll(() => readFileSync(path.join(named('v-db-0'), 'names'), 'utf8')).toBe('db-0\ndb-0\n')
  expect(readFileSync(path.join(named('v-db-1'), 'names'), 'utf8')).toBe('db-1\n')
})

test('an ephemeral volume comes and goes with its pod', async () => {
  const volumeClaimTemplate = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
  await runPod('scratch', 'touch /data/x', { ephemeral: { volumeClaimTemplate } })
  await cluster.until(persistentVolume, volumes => volumes.length === 0)
})

test('a volume of a CSI driver is attached, mounted, unmounted and detached', async () => {
  const { client } = cluster
  // Paths of sockets are short.
  const name = 'd.io'
  const node = cluster.name
  const outside = path.join(cluster.home, 'clusters', cluster.name, 'nodes', node, 'kubelet')
  const registry = path.join(outside, 'plugins_registry')
  const driver = await FakeCsiDriver.start(name, registry, { inside: '/var/lib/kubelet', outside })
  try {
    await cluster.until(csiNode, nodes => nodes.some(({ spec }) => spec.drivers.some(known => known.name === name)))
    await client.create(csiDriver, { metadata: { name }, spec: { podInfoOnMount: true } })
    await client.create(persistentVolume, {
      metadata: { name: 'disk' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'manual',
        csi: { driver: name, volumeHandle: 'h1' },
      },
    })
    await addClaim('data', { storageClassName: 'manual' })
    const done = runPod('user', `test "$(cat /data/driver)" = ${name}`, OF_CLAIM, {
      nodeSelector: { [HOSTNAME]: node },
    })
    const [attachment] = await cluster.until(volumeAttachment, all => all.length > 0)
    await client.updateStatus(volumeAttachment, { ...attachment!, status: { attached: true } })
    await done
    await expect.poll(() => driver.calls).toEqual(['stage h1', 'publish h1', 'unpublish h1', 'unstage h1'])
    await cluster.until(volumeAttachment, all => all.length === 0)
  } finally {
    await driver.stop()
  }
})

test('a claim grows', async () => {
  await addClaim()
  await runPod('first', 'true')
  const resources = { requests: { storage: '2Gi' } }
  await cluster.client.patch(persistentVolumeClaim, { namespace, name: 'data' }, 'merge', { spec: { resources } })
  await cluster.until(persistentVolumeClaim, ([claim]) => claim?.status.capacity?.storage === '2Gi')
})

test('a volume made by hand is bound, and kept when it is released', async () => {
  await cluster.client.create(persistentVolume, {
    metadata: { name: 'by-hand' },
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteMany'],
      storageClassName: 'manual',
      hostPath: { path: '/var/lib/tsukube/by-hand' },
    },
  })
  await addClaim('data', { accessModes: ['ReadWriteMany'], storageClassName: 'manual' })
  await runPod('user', 'echo x > /data/file')
  await cluster.client.delete(persistentVolumeClaim, { namespace, name: 'data' })
  await cluster.until(persistentVolume, ([volume]) => volume?.status.phase === 'Released')
})
