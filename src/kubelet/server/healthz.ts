import { type Endpoint, send } from './endpoint.ts'

/** /healthz: the kubelet answers. */
export const healthz: Endpoint = {
  name: 'healthz',
  methods: ['GET'],
  subresource: 'proxy',
  async handle(_, response) {
    send(response, 'text/plain; charset=utf-8', 'ok')
  },
}
