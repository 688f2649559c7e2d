import { condition, validateConditions } from '../../apimachinery/meta/condition.ts'
import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age } from '../columns.ts'
import { deviceTaint as deviceTaintV1 } from './device.ts'
import { validateDriverName, validateLabelled, validatePoolName } from './names.ts'

const PACKAGE = 'k8s.io.api.resource.v1beta2'
const MAX_CONDITIONS = 8

const deviceTaint = { ...deviceTaintV1, name: `${PACKAGE}.DeviceTaint` }

export const deviceTaintSelector = message(
  `${PACKAGE}.DeviceTaintSelector`,
  {
    driver: string(2).pointer().doc("The devices' driver; any when left out."),
    pool: string(3).pointer().doc("The devices' pool; any when left out."),
    device: string(4).pointer().doc("The device's name; any when left out."),
  },
  {
    doc: 'Which devices; all that fit what is given.',
    validate({ driver, pool, device }, at) {
      if (driver !== undefined) validateDriverName(driver, at.child('driver'))
      if (pool !== undefined) validatePoolName(pool, at.child('pool'))
      if (device !== undefined) validateLabelled(device, at.child('device'))
    },
  },
)

export const deviceTaintRuleSpec = message(
  `${PACKAGE}.DeviceTaintRuleSpec`,
  {
    deviceSelector: ref(1, deviceTaintSelector).doc('Which devices; none when left out.'),
    taint: ref(2, deviceTaint).present().doc('The taint.'),
  },
  { doc: 'A taint, and the devices that have it.' },
)
export interface DeviceTaintRuleSpec extends Infer<typeof deviceTaintRuleSpec> {}

export const deviceTaintRuleStatus = message(
  `${PACKAGE}.DeviceTaintRuleStatus`,
  {
    conditions: list(1, condition).mapKeys('type').patchMerge('type').doc('Observations, by type: EvictionInProgress.'),
  },
  { doc: 'What comes of a taint.' },
)
export interface DeviceTaintRuleStatus extends Infer<typeof deviceTaintRuleStatus> {}

const fields = {
  spec: ref(2, deviceTaintRuleSpec).present().doc('The taint, and the devices that have it.'),
  status: ref(3, deviceTaintRuleStatus).always().doc('What comes of it.'),
}
export interface DeviceTaintRule extends ObjectOf<typeof fields> {}

export const deviceTaintRule = kind({
  group: 'resource.k8s.io',
  version: 'v1beta2',
  kind: 'DeviceTaintRule',
  plural: 'devicetaintrules',
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'Gives devices a taint, as if their driver had (KEP-5055).',
  fields,
  // Since when the taint is there matters to who tolerates it for a while.
  prepareForCreate({ spec, metadata }) {
    spec.taint.timeAdded ??= metadata.creationTimestamp ?? undefined
  },
  prepareForUpdate({ spec }, old) {
    spec.taint.timeAdded ??= old.spec.taint.timeAdded
  },
  validateStatusUpdate({ status: { conditions = [] } }, _old, at) {
    const place = at.child('status', 'conditions')
    validateConditions(conditions, place)
    if (conditions.length > MAX_CONDITIONS) place.tooMany(conditions.length, MAX_CONDITIONS)
  },
  columns: [age],
})
