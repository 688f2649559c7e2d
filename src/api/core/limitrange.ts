import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, map, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { createdAt } from '../columns.ts'
import { defaultLimitRangeItem, validateLimitRange } from './limitrange-rules.ts'

export const limitRangeItem = message(
  'k8s.io.api.core.v1.LimitRangeItem',
  {
    type: string(1).present().doc('Pod, Container or PersistentVolumeClaim.'),
    max: map(2, types.quantity).doc('The most one may use, by resource.'),
    min: map(3, types.quantity).doc('The least one may use, by resource.'),
    default: map(4, types.quantity).doc('Limits given to containers without any.'),
    defaultRequest: map(5, types.quantity).doc('Requests given to containers without any.'),
    maxLimitRequestRatio: map(6, types.quantity).doc('How many times its request a limit may be.'),
  },
  {
    doc: 'Limits for objects of one type.',
    defaults(item) {
      defaultLimitRangeItem(item)
    },
  },
)
export interface LimitRangeItem extends Infer<typeof limitRangeItem> {}

export const limitRangeSpec = message(
  'k8s.io.api.core.v1.LimitRangeSpec',
  {
    limits: list(1, limitRangeItem).present().atomic().doc('The limits, by type of object.'),
  },
  {
    doc: 'Limits for objects in a namespace.',
  },
)
export interface LimitRangeSpec extends Infer<typeof limitRangeSpec> {}

const fields = {
  spec: ref(2, limitRangeSpec).always().doc('The limits.'),
}
export interface LimitRange extends ObjectOf<typeof fields> {}

export const limitRange = kind({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  scope: 'Namespaced',
  doc: 'Limits how much one object in a namespace may use.',
  fields,
  tracksGeneration: false,
  validate(range, at) {
    validateLimitRange(range.spec.limits, at.child('spec', 'limits'))
  },
  columns: [createdAt],
})
