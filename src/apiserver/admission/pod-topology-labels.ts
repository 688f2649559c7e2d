import type { Binding } from '../../api/core/binding.ts'
import { node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

const TOPOLOGY = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/** Tells pods in which zone and region their node is, by labels (KEP-4742, upstream plugin/podtopologylabels). */
export function podTopologyLabels(server: ApiServer): AdmissionPlugin {
  const nodes = server.resources.of(node).cacher
  /** What a pod does not say itself stays with what its node says. */
  const withLabels = (labels: Readonly<Record<string, string>> | undefined, nodeName: string) => {
    const known = nodes.get(nodeName)?.object.metadata.labels ?? {}
    const topology = TOPOLOGY.flatMap(key => (known[key] === undefined ? [] : [[key, known[key]] as const]))
    return topology.length > 0 ? { ...Object.fromEntries(topology), ...labels } : labels
  }
  return {
    name: 'PodTopologyLabels',
    handles: ({ operation, kind, subresource }) =>
      operation === 'CREATE' &&
      kind.kind === 'Pod' &&
      kind.group === '' &&
      (subresource === '' || subresource === 'binding'),
    admit({ object, subresource }) {
      const { metadata } = object as Pod | Binding
      if (subresource === '') {
        const { nodeName } = (object as Pod).spec
        if (nodeName) metadata.labels = withLabels(metadata.labels, nodeName)
      } else {
        const { kind, name } = (object as Binding).target
        if (kind === 'Node' && name) metadata.labels = withLabels(metadata.labels, name)
      }
    },
  }
}
