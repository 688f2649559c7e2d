import { validateEphemeralContainersUpdate } from '../../api/core/pod/pod-update-rules.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { PartRules } from '../registry/update.ts'
import { keepAllMetadata } from './keep-metadata.ts'
import type { PartSubresource } from './subresource.ts'

const rules: PartRules<Pod> = {
  prepare(pod, old) {
    const { ephemeralContainers } = pod.spec
    pod.spec = structuredClone(old.spec)
    pod.status = structuredClone(old.status)
    keepAllMetadata(pod, old)
    if (ephemeralContainers) pod.spec.ephemeralContainers = ephemeralContainers
    else delete pod.spec.ephemeralContainers
  },
  validate: validateEphemeralContainersUpdate,
}

/** GET, PUT and PATCH pods/NAME/ephemeralcontainers: adds debugging containers to a running pod; none may change or go. */
export const ephemeralContainers: PartSubresource = {
  name: 'ephemeralcontainers',
  kind: podKind as unknown as Kind,
  rules: rules as unknown as PartRules<KubeObject>,
}
