import type { VolumeProjection } from '../../api/core/pod/volume-config.ts'
import type { Pod } from '../../api/core/pod.ts'
import { downwardPayload } from './downward-payload.ts'
import { configMapPayload, secretPayload } from './object-payload.ts'
import { showPayload } from './payload-volume.ts'
import { serviceAccountToken } from './service-account-token.ts'
import type { Payload, VolumePlugin, VolumeSurroundings } from './volume.ts'

interface Part {
  readonly files: Payload
  readonly renewAt?: number
}

/** Several sources in one volume: ConfigMaps, Secrets, fields of the pod, service account tokens. */
export const projectedVolume: VolumePlugin = {
  folder: 'kubernetes.io~projected',
  handles: volume => volume.projected !== undefined,
  async setUp(request) {
    const { pod, node, volume } = request
    const { sources, defaultMode = 0o644 } = volume.projected!
    const parts = await Promise.all(sources.map(source => project(source, pod, defaultMode, node)))
    const files = new Map(parts.flatMap(part => [...part.files]))
    const renewals = parts.flatMap(({ renewAt }) => renewAt ?? [])
    const mounted = await showPayload(request, files, { inMemory: true })
    return renewals.length > 0 ? { ...mounted, renewAt: Math.min(...renewals) } : mounted
  },
}

async function project(source: VolumeProjection, pod: Pod, mode: number, node: VolumeSurroundings): Promise<Part> {
  const namespace = pod.metadata.namespace ?? ''
  const { configMap, secret, downwardAPI, serviceAccountToken: token } = source
  if (configMap) {
    const { name = '', ...rest } = configMap
    return { files: await configMapPayload(node.objects, { ...rest, namespace, name, mode }) }
  }
  if (secret) {
    const { name = '', ...rest } = secret
    return { files: await secretPayload(node.objects, { ...rest, namespace, name, mode }) }
  }
  if (downwardAPI) return { files: downwardPayload(pod, downwardAPI.items ?? [], mode, node) }
  if (token) return serviceAccountToken(pod, token, mode, node)
  const [type = 'nothing'] = Object.keys(source)
  throw new Error(`projecting ${type} is not supported by this version`)
}
