import { type Endpoint, send } from './endpoint.ts'

/** /pods: the pods of this node. */
export const pods: Endpoint = {
  name: 'pods',
  methods: ['GET'],
  subresource: 'proxy',
  async handle({ tools }, response) {
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: tools.pods.pods }
    send(response, 'application/json', JSON.stringify(list))
  },
}
