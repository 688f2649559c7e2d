import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, inline, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { age } from '../columns.ts'
import { isExtendedResource } from '../core/pod/resource-names.ts'
import { deviceConfigurationFields } from './claim.ts'
import { MAX_CONFIGS, validateConfiguration } from './claim-rules.ts'
import { validateItems } from './lists.ts'
import { deviceSelector } from './requests.ts'

const MAX_SELECTORS = 32

export const deviceClassConfiguration = message(
  'k8s.io.api.resource.v1.DeviceClassConfiguration',
  inline(1, deviceConfigurationFields),
  {
    doc: 'How devices of a class are set up.',
    validate(configuration, at) {
      validateConfiguration(configuration, at)
    },
  },
)
export interface DeviceClassConfiguration extends Infer<typeof deviceClassConfiguration> {}

export const deviceClassSpec = message(
  'k8s.io.api.resource.v1.DeviceClassSpec',
  {
    selectors: list(1, deviceSelector).atomic().doc('Conditions on its devices; all must hold.'),
    config: list(2, deviceClassConfiguration).atomic().doc('How they are set up.'),
    extendedResourceName: string(4)
      .pointer()
      .doc('Name of the extended resource by which pods can ask for its devices.'),
  },
  {
    doc: 'Which devices are of a class.',
    validate({ selectors, config, extendedResourceName: name }, at: At) {
      validateItems(selectors, MAX_SELECTORS, at.child('selectors'), () => {})
      validateItems(config, MAX_CONFIGS, at.child('config'), () => {})
      if (name !== undefined && !isExtendedResource(name)) {
        at.child('extendedResourceName').invalid(name, 'must be a valid extended resource name')
      }
    },
  },
)
export interface DeviceClassSpec extends Infer<typeof deviceClassSpec> {}

const fields = {
  spec: ref(2, deviceClassSpec).present().doc('Which devices are of it, and how they are set up.'),
}
export interface DeviceClass extends ObjectOf<typeof fields> {}

export const deviceClass = kind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  scope: 'Cluster',
  doc: 'Devices that can be asked for by one name.',
  fields,
  columns: [age],
})
