import type { Pod } from '../../api/core/pod.ts'
import { serviceAccount as serviceAccountKind } from '../../api/core/serviceaccount.ts'
import { forbidden } from '../../apimachinery/errors.ts'
import { safeSuffix } from '../../apimachinery/random.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Seconds a mounted token lives; the kubelet renews it in time. The odd 7 marks tokens made by this plugin, as upstream's do. */
const TOKEN_SECONDS = 3607
const MIRROR = 'kubernetes.io/config.mirror'

/** Gives every pod a service account and mounts its token (upstream plugin/serviceaccount). */
export function serviceAccount(server: ApiServer): AdmissionPlugin {
  const accounts = server.resources.of(serviceAccountKind).cacher
  return {
    name: 'ServiceAccount',
    handles: ({ operation, kind, subresource }) =>
      operation === 'CREATE' && kind.kind === 'Pod' && kind.group === '' && !subresource,
    admit({ object, namespace, kind }) {
      const pod = object as Pod
      if (pod.metadata.annotations?.[MIRROR]) return
      pod.spec.serviceAccountName ||= 'default'
      pod.spec.serviceAccount = pod.spec.serviceAccountName
      const name = pod.spec.serviceAccountName
      const account = accounts.get(`${namespace}/${name}`)?.object
      if (!account) {
        throw forbidden(
          kind,
          pod.metadata.name ?? pod.metadata.generateName ?? '',
          `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
        )
      }
      if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
        pod.spec.imagePullSecrets = structuredClone(account.imagePullSecrets)
      }
      const mounts = pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
      if (mounts) mountToken(pod, `kube-api-access-${safeSuffix(server.random, 5)}`)
    },
  }
}

function mountToken(pod: Pod, fresh: string): void {
  const existing = pod.spec.volumes?.find(v => v.name.startsWith('kube-api-access-'))
  const name = existing?.name ?? fresh
  let used = false
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    if (container.volumeMounts?.some(mount => mount.mountPath === MOUNT_PATH)) continue
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }]
    used = true
  }
  if (!used || existing) return
  pod.spec.volumes = [...(pod.spec.volumes ?? []), tokenVolume(name)]
}

type Volume = NonNullable<Pod['spec']['volumes']>[number]

function tokenVolume(name: string): Volume {
  const sources = [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ]
  return { name, projected: { sources, defaultMode: 0o644 } } as Volume
}
