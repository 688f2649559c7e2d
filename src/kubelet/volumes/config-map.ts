import { configMapPayload } from './object-payload.ts'
import { showPayload } from './payload-volume.ts'
import type { VolumePlugin } from './volume.ts'

/** The keys of a ConfigMap as files, which follow its changes. */
export const configMapVolume: VolumePlugin = {
  folder: 'kubernetes.io~configmap',
  handles: volume => volume.configMap !== undefined,
  async setUp(request) {
    const { name = '', items, defaultMode = 0o644, optional } = request.volume.configMap!
    const namespace = request.pod.metadata.namespace ?? ''
    const files = await configMapPayload(request.node.objects, { namespace, name, items, optional, mode: defaultMode })
    return showPayload(request, files, { inMemory: false })
  },
}
