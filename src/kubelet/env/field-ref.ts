import type { Pod } from '../../api/core/pod.ts'

/** What a pod's fields say that its object may not yet: its addresses are known to the node first. */
export interface PodFacts {
  readonly podIPs: readonly string[]
  readonly hostIPs: readonly string[]
}

/** `key="value"` lines, sorted, with values quoted as Go does. */
const formatted = (map: Readonly<Record<string, string>> = {}) =>
  Object.keys(map)
    .sort()
    .map(key => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')

/** The value of a field of a pod, as `metadata.name` or `metadata.labels['app']` (upstream pkg/fieldpath). */
export function fieldValue({ metadata, spec, status }: Pod, fieldPath: string, facts: PodFacts): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/s.exec(fieldPath)
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? ''
  switch (fieldPath) {
    case 'metadata.annotations':
      return formatted(metadata.annotations)
    case 'metadata.labels':
      return formatted(metadata.labels)
    case 'metadata.name':
      return metadata.name ?? ''
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'spec.nodeName':
    case 'spec.host':
      return spec.nodeName ?? ''
    case 'spec.restartPolicy':
      return spec.restartPolicy
    case 'spec.schedulerName':
      return spec.schedulerName
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.phase':
      return status.phase ?? ''
    case 'status.hostIP':
      return facts.hostIPs[0] ?? ''
    case 'status.hostIPs':
      return facts.hostIPs.join(',')
    case 'status.podIP':
      return facts.podIPs[0] ?? ''
    case 'status.podIPs':
      return facts.podIPs.join(',')
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`)
  }
}
