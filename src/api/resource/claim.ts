import { any, type Infer, inline, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { validateConfiguration, validateDeviceClaim, validateOpaque } from './claim-rules.ts'
import { deviceRequest } from './requests.ts'

const PACKAGE = 'k8s.io.api.resource.v1'

export const opaqueDeviceConfiguration = message(
  `${PACKAGE}.OpaqueDeviceConfiguration`,
  {
    driver: string(1).present().doc('The driver that understands it.'),
    parameters: any(2).present().doc('What the driver is told; an object of any kind.'),
  },
  {
    doc: 'Settings that only the driver understands.',
    validate(configuration, at) {
      validateOpaque(configuration, at)
    },
  },
)
export interface OpaqueDeviceConfiguration extends Infer<typeof opaqueDeviceConfiguration> {}

/** How devices are set up. */
export const deviceConfigurationFields = {
  opaque: ref(1, opaqueDeviceConfiguration).doc('Settings that only the driver understands.'),
}

export const deviceConstraint = message(
  `${PACKAGE}.DeviceConstraint`,
  {
    requests: list(1, types.string).atomic().doc('The requests it is about; all when empty.'),
    matchAttribute: string(2).pointer().doc('An attribute that all their devices have the same value of.'),
    distinctAttribute: string(3).pointer().doc('An attribute that each of their devices has another value of.'),
  },
  { doc: 'What the devices of a claim have in common.' },
)
export interface DeviceConstraint extends Infer<typeof deviceConstraint> {}

export const deviceClaimConfiguration = message(
  `${PACKAGE}.DeviceClaimConfiguration`,
  {
    requests: list(1, types.string).atomic().doc('The requests it is about; all when empty.'),
    ...inline(2, deviceConfigurationFields),
  },
  {
    doc: 'How the devices of a claim are set up.',
    validate(configuration, at) {
      validateConfiguration(configuration, at)
    },
  },
)
export interface DeviceClaimConfiguration extends Infer<typeof deviceClaimConfiguration> {}

export const deviceClaim = message(
  `${PACKAGE}.DeviceClaim`,
  {
    requests: list(1, deviceRequest).always().atomic().doc('The devices that are asked for.'),
    constraints: list(2, deviceConstraint).atomic().doc('What they have in common.'),
    config: list(3, deviceClaimConfiguration).atomic().doc('How they are set up.'),
  },
  {
    doc: 'Which devices are asked for.',
    validate(claim, at) {
      validateDeviceClaim(claim, at)
    },
  },
)
export interface DeviceClaim extends Infer<typeof deviceClaim> {}

export const resourceClaimSpec = message(
  `${PACKAGE}.ResourceClaimSpec`,
  { devices: ref(1, deviceClaim).always().doc('The devices that are asked for.') },
  { doc: 'What is asked for.' },
)
export interface ResourceClaimSpec extends Infer<typeof resourceClaimSpec> {}
