import { pod as podKind } from '../../api/core/pod.ts'
import { plugin } from '../framework.ts'

/** Binds a pod to its node through the API. */
export const defaultBinder = plugin({
  name: 'DefaultBinder',
  async bind({ pod }, nodeName, { client }) {
    const { namespace, name, uid } = pod.metadata
    await client.createSubresource(podKind, { namespace, name }, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: nodeName },
    })
    return 'bound'
  },
})
