import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { Field, type Infer, list, map, message, string, time, types } from '../../apimachinery/schema/types.ts'
import { usageColumns } from './usage-columns.ts'

/** metrics.k8s.io has its own package for its messages (k8s.io/metrics). */
const PACKAGE = 'k8s.io.metrics.pkg.apis.metrics.v1beta1'

export const containerMetrics = message(
  `${PACKAGE}.ContainerMetrics`,
  {
    name: string(1).present().doc('The container.'),
    usage: map(2, types.quantity).present().doc('What it used: its processors over the window, its memory at its end.'),
  },
  { doc: 'What a container uses.' },
)
export interface ContainerMetrics extends Infer<typeof containerMetrics> {}

const fields = {
  timestamp: time(2).present().doc('When the window ended.'),
  window: new Field(3, types.duration, { presence: 'optional' })
    .present()
    .doc('How long the window was over which the use was measured.'),
  containers: list(4, containerMetrics).present().atomic().doc('What each of its containers used.'),
}
export interface PodMetrics extends ObjectOf<typeof fields> {}

const columns: readonly Column<PodMetrics>[] = usageColumns(({ containers }) => containers.map(({ usage }) => usage))

/** What a pod uses; made when it is asked for, never stored (k8s.io/metrics v1beta1). */
export const podMetrics = kind({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  listKind: 'PodMetricsList',
  plural: 'pods',
  singular: '',
  name: `${PACKAGE}.PodMetrics`,
  scope: 'Namespaced',
  verbs: ['get', 'list'],
  offByDefault: false,
  doc: 'What a pod uses.',
  fields,
  columns,
})
