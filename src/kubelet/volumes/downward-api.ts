import { downwardPayload } from './downward-payload.ts'
import { showPayload } from './payload-volume.ts'
import type { VolumePlugin } from './volume.ts'

/** Fields of the pod as files, which follow its labels and annotations. */
export const downwardAPIVolume: VolumePlugin = {
  folder: 'kubernetes.io~downward-api',
  handles: volume => volume.downwardAPI !== undefined,
  async setUp(request) {
    const { items = [], defaultMode = 0o644 } = request.volume.downwardAPI!
    const files = downwardPayload(request.pod, items, defaultMode, request.node)
    return showPayload(request, files, { inMemory: true })
  },
}
