import type { daemonSet } from '../api/apps/daemonset.ts'
import type { deployment } from '../api/apps/deployment.ts'
import type { replicaSet } from '../api/apps/replicaset.ts'
import type { statefulSet } from '../api/apps/statefulset.ts'
import type { job } from '../api/batch/job.ts'
import type { persistentVolume } from '../api/core/persistentvolume.ts'
import type { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import type { InputOf } from '../apimachinery/schema/kind.ts'

/** Objects that tests of controllers begin with. */

const template = (app: string, image: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image }] },
})

export const replicaSetOf = (replicas: number, spec: Partial<InputOf<typeof replicaSet>['spec']> = {}) => ({
  metadata: { name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web', 'web:1'), ...spec },
})

export const deploymentOf = (
  replicas: number,
  image = 'web:1',
  spec: Partial<InputOf<typeof deployment>['spec']> = {},
) => ({
  metadata: { name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web', image), ...spec },
})

export const daemonSetOf = (image = 'agent:1', spec: Partial<InputOf<typeof daemonSet>['spec']> = {}) => ({
  metadata: { name: 'agent' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent', image), ...spec },
})

export const statefulSetOf = (
  replicas: number,
  image = 'db:1',
  spec: Partial<InputOf<typeof statefulSet>['spec']> = {},
) => ({
  metadata: { name: 'db' },
  spec: {
    replicas,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: template('db', image),
    ...spec,
  },
})

export const jobOf = (spec: Partial<InputOf<typeof job>['spec']> = {}) => ({
  metadata: { name: 'work' },
  spec: {
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work:1' }] } },
    ...spec,
  },
})

export const volumeOf = (
  name: string,
  storage = '1Gi',
  spec: Partial<InputOf<typeof persistentVolume>['spec']> = {},
) => ({
  metadata: { name },
  spec: {
    capacity: { storage },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: `/srv/${name}` },
    ...spec,
  },
})

/** A claim for a volume without a class. */
export const claimOf = ({
  name = 'data',
  request = '1Gi',
  spec = {},
}: {
  name?: string
  request?: string
  spec?: Partial<InputOf<typeof persistentVolumeClaim>['spec']>
} = {}) => ({
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: '',
    resources: { requests: { storage: request } },
    ...spec,
  },
})
