const of = (group: string, names: string) =>
  names
    .trim()
    .split(/\s+/)
    .map(name => `${group}.${name}`)

/** Messages of stable versions that no statement is needed for. */
export const NOT_STATED: readonly string[] = [
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

/**
 * Resources in upstream's document, which has everything switched on, that a cluster does not serve unless it is told to:
 * alpha and beta versions are off by default (KEP-3136).
 */
export const OFF_BY_DEFAULT: Readonly<Record<string, readonly string[]>> = {
  'admissionregistration.k8s.io/v1alpha1': ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'],
  'admissionregistration.k8s.io/v1beta1': ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'],
  'certificates.k8s.io/v1alpha1': ['clustertrustbundles'],
  'certificates.k8s.io/v1beta1': ['clustertrustbundles', 'podcertificaterequests'],
  'coordination.k8s.io/v1alpha2': ['leasecandidates'],
  'coordination.k8s.io/v1beta1': ['leasecandidates'],
  'internal.apiserver.k8s.io/v1alpha1': ['storageversions'],
  'networking.k8s.io/v1beta1': ['ipaddresses', 'servicecidrs'],
  'resource.k8s.io/v1alpha3': ['devicetaintrules', 'resourcepoolstatusrequests'],
  'resource.k8s.io/v1beta1': ['deviceclasses', 'resourceclaims', 'resourceclaimtemplates', 'resourceslices'],
  'resource.k8s.io/v1beta2': [
    'deviceclasses',
    'devicetaintrules',
    'resourceclaims',
    'resourceclaimtemplates',
    'resourceslices',
  ],
  'scheduling.k8s.io/v1alpha2': ['podgroups', 'workloads'],
  'storagemigration.k8s.io/v1beta1': ['storageversionmigrations'],
}
