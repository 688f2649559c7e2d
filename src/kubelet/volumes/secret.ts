import { secretPayload } from './object-payload.ts'
import { showPayload } from './payload-volume.ts'
import type { VolumePlugin } from './volume.ts'

/** The keys of a Secret as files in memory, which follow its changes. */
export const secretVolume: VolumePlugin = {
  folder: 'kubernetes.io~secret',
  handles: volume => volume.secret !== undefined,
  async setUp(request) {
    const { secretName: name = '', items, defaultMode = 0o644, optional } = request.volume.secret!
    const namespace = request.pod.metadata.namespace ?? ''
    const files = await secretPayload(request.node.objects, { namespace, name, items, optional, mode: defaultMode })
    return showPayload(request, files, { inMemory: true })
  },
}
