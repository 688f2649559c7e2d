import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { Field, map, time, types } from '../../apimachinery/schema/types.ts'
import { usageColumns } from './usage-columns.ts'

/** metrics.k8s.io has its own package for its messages (k8s.io/metrics). */
const PACKAGE = 'k8s.io.metrics.pkg.apis.metrics.v1beta1'

const fields = {
  timestamp: time(2).present().doc('When the window ended.'),
  window: new Field(3, types.duration, { presence: 'optional' })
    .present()
    .doc('How long the window was over which the use was measured.'),
  usage: map(4, types.quantity)
    .present()
    .doc('What the node used: its processors over the window, its memory at its end.'),
}
export interface NodeMetrics extends ObjectOf<typeof fields> {}

const columns: readonly Column<NodeMetrics>[] = usageColumns(({ usage }) => [usage])

/** What a node uses; made when it is asked for, never stored (k8s.io/metrics v1beta1). */
export const nodeMetrics = kind({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  listKind: 'NodeMetricsList',
  plural: 'nodes',
  singular: '',
  name: `${PACKAGE}.NodeMetrics`,
  scope: 'Cluster',
  verbs: ['get', 'list'],
  offByDefault: false,
  doc: 'What a node uses.',
  fields,
  columns,
})
