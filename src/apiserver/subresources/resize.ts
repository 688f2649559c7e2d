import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { PartRules } from '../registry/update.ts'
import { keepAllMetadata } from './keep-metadata.ts'
import { validateResize } from './resize-rules.ts'
import type { PartSubresource } from './subresource.ts'

type Containers = Pod['spec']['containers']

/**
 * The containers as they were, with the new resources. Where the names differ, the new containers as they are, so that
 * validation can say so.
 */
function resized(now: Containers, before: Containers): Containers {
  if (now.some(({ name }, i) => name !== before[i]?.name)) return now
  return now.map(({ resources, resizePolicy }, i) => {
    const { resizePolicy: _, ...container } = structuredClone(before[i]!)
    return { ...container, resources, ...(resizePolicy && { resizePolicy }) }
  })
}

const rules: PartRules<Pod> = {
  prepare(pod, old) {
    const { containers, initContainers, resources } = pod.spec
    keepAllMetadata(pod, old)
    pod.status = structuredClone(old.status)
    const sameNumber =
      containers.length === old.spec.containers.length &&
      (initContainers?.length ?? 0) === (old.spec.initContainers?.length ?? 0)
    if (!sameNumber) return
    pod.spec = { ...structuredClone(old.spec), containers: resized(containers, old.spec.containers) }
    if (initContainers) pod.spec.initContainers = resized(initContainers, old.spec.initContainers ?? [])
    if (resources) pod.spec.resources = resources
    else delete pod.spec.resources
  },
  validate: validateResize,
}

/**
 * GET, PUT and PATCH pods/NAME/resize: changes what a running pod's containers ask for and may use (KEP-1287, upstream
 * podResizeStrategy). Whether and when the node follows is the kubelet's to say.
 */
export const resize: PartSubresource = {
  name: 'resize',
  kind: podKind as unknown as Kind,
  rules: rules as unknown as PartRules<KubeObject>,
}
