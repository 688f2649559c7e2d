const of = (group: string, names: string) =>
  names
    .trim()
    .split(/\s+/)
    .map(name => `${group}.${name}`)

/** Messages of stable versions that are not stated yet; the list only shrinks. */
export const NOT_STATED: readonly string[] = [
  ...of(
    'admissionregistration.v1',
    `ApplyConfiguration AuditAnnotation ExpressionWarning JSONPatch MatchResources
     MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingAdmissionPolicyBindingSpec
     MutatingAdmissionPolicySpec Mutation NamedRuleWithOperations ParamKind ParamRef TypeChecking
     ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingAdmissionPolicyBindingSpec
     ValidatingAdmissionPolicySpec ValidatingAdmissionPolicyStatus Validation Variable`,
  ),
  ...of(
    'flowcontrol.v1',
    `ExemptPriorityLevelConfiguration FlowDistinguisherMethod FlowSchema FlowSchemaCondition
     FlowSchemaSpec FlowSchemaStatus GroupSubject LimitResponse LimitedPriorityLevelConfiguration
     NonResourcePolicyRule PolicyRulesWithSubjects PriorityLevelConfiguration
     PriorityLevelConfigurationCondition PriorityLevelConfigurationReference
     PriorityLevelConfigurationSpec PriorityLevelConfigurationStatus QueuingConfiguration
     ResourcePolicyRule ServiceAccountSubject Subject UserSubject`,
  ),
  ...of('networking.v1', `IPAddress IPAddressSpec ParentReference ServiceCIDR ServiceCIDRSpec ServiceCIDRStatus`),
  ...of(
    'resource.v1',
    `AllocatedDeviceStatus AllocationResult CELDeviceSelector CapacityRequestPolicy
     CapacityRequestPolicyRange CapacityRequirements Counter CounterSet Device
     DeviceAllocationConfiguration DeviceAllocationResult DeviceAttribute DeviceCapacity DeviceClaim
     DeviceClaimConfiguration DeviceClass DeviceClassConfiguration DeviceClassSpec DeviceConstraint
     DeviceCounterConsumption DeviceRequest DeviceRequestAllocationResult DeviceSelector DeviceSubRequest
     DeviceTaint DeviceToleration ExactDeviceRequest NetworkDeviceData NodeAllocatableResourceMapping
     OpaqueDeviceConfiguration ResourceClaim ResourceClaimConsumerReference ResourceClaimSpec
     ResourceClaimStatus ResourceClaimTemplate ResourceClaimTemplateSpec ResourcePool ResourceSlice
     ResourceSliceSpec`,
  ),
  ...of(
    'storage.v1',
    `CSIDriver CSIDriverSpec CSINode CSINodeDriver CSINodeSpec CSIStorageCapacity TokenRequest
     VolumeAttachment VolumeAttachmentSource VolumeAttachmentSpec VolumeAttachmentStatus
     VolumeAttributesClass VolumeError VolumeNodeResources`,
  ),
  // What discovery and watches say, which the API server writes without statements.
  ...of('meta.v1', 'APIGroup APIResource APIVersions GroupResource GroupVersionForDiscovery'),
  ...of('meta.v1', 'ServerAddressByClientCIDR WatchEvent'),
]

/** Stated messages that upstream's OpenAPI document does not have, or has without fields. */
export const NO_DEFINITION: readonly string[] = of(
  'apiextensions.v1',
  'CustomResourceSubresourceStatus JSONSchemaPropsOrArray JSONSchemaPropsOrBool JSONSchemaPropsOrStringArray',
)

/** Fields that are written otherwise than upstream's when they are empty, and always were meant to be. */
export const PRESENCE_OF_OUR_OWN: readonly string[] = [
  'authentication.v1.TokenReviewSpec.token: is left out when empty',
  'core.v1.ImageVolumeStatus.imageRef: is left out when empty',
  'networking.v1.HTTPIngressPath.pathType: is left out when empty',
]
