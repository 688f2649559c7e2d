const of = (group: string, names: string) =>
  names
    .trim()
    .split(/\s+/)
    .map(name => `${group}.${name}`)

/** Messages that no statement is needed for. */
export const NOT_STATED: readonly string[] = [
  // What discovery and watches say, which the API server writes without statements.
  ...of('meta.v1', 'APIGroup APIResource APIVersions GroupVersionForDiscovery'),
  ...of('meta.v1', 'ServerAddressByClientCIDR WatchEvent'),
]

/** Stated messages that upstream's OpenAPI document does not have, or has without fields. */
export const NO_DEFINITION: readonly string[] = [
  ...of('apiextensions.v1', 'CustomResourceSubresourceStatus'),
  ...of('apiextensions.v1', 'JSONSchemaPropsOrArray JSONSchemaPropsOrBool JSONSchemaPropsOrStringArray'),
  ...of('apiserverinternal.v1alpha1', 'StorageVersionSpec'),
  ...of('scheduling.v1alpha2', 'BasicSchedulingPolicy'),
]

/** Fields that are written otherwise than upstream's when they are empty, and always were meant to be. */
export const PRESENCE_OF_OUR_OWN: readonly string[] = [
  'authentication.v1.TokenReviewSpec.token: is left out when empty',
  'core.v1.ImageVolumeStatus.imageRef: is left out when empty',
  'networking.v1.HTTPIngressPath.pathType: is left out when empty',
]
