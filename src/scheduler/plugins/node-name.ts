import { plugin, unresolvable } from '../framework.ts'

const rejection = unresolvable("node(s) didn't match the requested node name")

/** Keeps pods that name a node off all others. */
export const nodeName = plugin({
  name: 'NodeName',
  requeueOn: ['node/add'],
  sign: ({ pod }) => pod.spec.nodeName ?? null,
  filter: (_state, { name }, { pod }) => (pod.spec.nodeName && pod.spec.nodeName !== name ? rejection : undefined),
})
