import type { ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  bool,
  bytes,
  type Infer,
  int32,
  int64,
  list,
  message,
  ref,
  string,
  time,
  types,
} from '../../apimachinery/schema/types.ts'
import { type JSONSchemaProps, jsonSchemaProps } from './json-schema-props.ts'

export const V1 = 'k8s.io.apiextensions-apiserver.pkg.apis.apiextensions.v1'

/** While it is there, the objects of a definition that is being deleted have not all gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

const serviceReference = message(
  `${V1}.ServiceReference`,
  {
    namespace: string(1).present().doc('Its namespace.'),
    name: string(2).present().doc('Its name.'),
    path: string(3).pointer().doc('The path of the requests.'),
    port: int32(4).pointer().default(443).doc('Its port.'),
  },
  { doc: 'A Service that converts objects.' },
)

const webhookClientConfig = message(
  `${V1}.WebhookClientConfig`,
  {
    url: string(3).pointer().doc('Its URL.'),
    service: ref(1, serviceReference).doc('The Service.'),
    caBundle: bytes(2).doc('The certificates that its own is checked against, as PEM.'),
  },
  { doc: 'Where a webhook is; one of url and service is set.' },
)
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}

const webhookConversion = message(
  `${V1}.WebhookConversion`,
  {
    clientConfig: ref(2, webhookClientConfig).doc('Where the webhook is.'),
    conversionReviewVersions: list(3, types.string)
      .present()
      .atomic()
      .doc('Versions of ConversionReview it understands, best first.'),
  },
  { doc: 'A webhook that converts objects.' },
)

const customResourceConversion = message(
  `${V1}.CustomResourceConversion`,
  {
    strategy: string(1).present().doc('None: only the apiVersion changes; or Webhook.'),
    webhook: ref(2, webhookConversion).doc('For Webhook: which.'),
  },
  { doc: 'How objects of one version become objects of another.' },
)

export const customResourceColumnDefinition = message(
  `${V1}.CustomResourceColumnDefinition`,
  {
    name: string(1).present().doc('Its heading.'),
    type: string(2).present().doc('What its cells are: string, integer, number, boolean or date.'),
    format: string(3).doc('Form of its cells.'),
    description: string(4).doc('What it shows.'),
    priority: int32(5).doc('0: always shown; more: only in wide tables.'),
    jsonPath: string(6).present().doc('Where in the object its value is.'),
  },
  { doc: 'A column of tables.' },
)
export interface CustomResourceColumnDefinition extends Infer<typeof customResourceColumnDefinition> {}

const selectableField = message(
  `${V1}.SelectableField`,
  { jsonPath: string(1).present().doc('Where in the object it is.') },
  { doc: 'A field that field selectors may name.' },
)

const customResourceValidation = message(
  `${V1}.CustomResourceValidation`,
  { openAPIV3Schema: ref(1, jsonSchemaProps).doc('The schema.') },
  { doc: 'What objects look like.' },
)

const customResourceSubresourceScale = message(
  `${V1}.CustomResourceSubresourceScale`,
  {
    specReplicasPath: string(1).present().doc('Where the wanted number of replicas is, under .spec.'),
    statusReplicasPath: string(2).present().doc('Where the present number of replicas is, under .status.'),
    labelSelectorPath: string(3).pointer().doc('Where the selector is, as text, for autoscalers.'),
  },
  { doc: 'Where the numbers of the scale subresource are.' },
)
export interface CustomResourceSubresourceScale extends Infer<typeof customResourceSubresourceScale> {}

const customResourceSubresources = message(
  `${V1}.CustomResourceSubresources`,
  {
    status: ref(1, message(`${V1}.CustomResourceSubresourceStatus`, {}, { doc: 'Nothing more to say.' })).doc(
      'The status is written by requests of its own.',
    ),
    scale: ref(2, customResourceSubresourceScale).doc('There is a scale subresource.'),
  },
  { doc: 'Which subresources there are.' },
)

const customResourceDefinitionVersion = message(
  `${V1}.CustomResourceDefinitionVersion`,
  {
    name: string(1).present().doc('Its name, as v1.'),
    served: bool(2).present().doc('Whether it is served.'),
    storage: bool(3).present().doc('Whether objects are stored as this version; exactly one is.'),
    deprecated: bool(7).doc('Whether requests for it are answered with a warning.'),
    deprecationWarning: string(8).pointer().doc('What that warning says.'),
    schema: ref(4, customResourceValidation).doc('What its objects look like.'),
    subresources: ref(5, customResourceSubresources).doc('Which subresources it has.'),
    additionalPrinterColumns: list(6, customResourceColumnDefinition).atomic().doc('Columns of its tables.'),
    selectableFields: list(9, selectableField).atomic().doc('Fields that field selectors may name.'),
  },
  { doc: 'A version of a custom resource.' },
)
export interface CustomResourceDefinitionVersion extends Infer<typeof customResourceDefinitionVersion> {}

const customResourceDefinitionNames = message(
  `${V1}.CustomResourceDefinitionNames`,
  {
    plural: string(1).present().doc('In paths; lower case.'),
    singular: string(2).doc('For one; the kind in lower case when left out.'),
    shortNames: list(3, types.string).atomic().doc('Abbreviations.'),
    kind: string(4).present().doc('The kind of its objects.'),
    listKind: string(5).doc('The kind of its lists; the kind with List behind it when left out.'),
    categories: list(6, types.string).atomic().doc('Groups of resources it belongs to, as all.'),
  },
  { doc: 'What a custom resource is called.' },
)
export interface CustomResourceDefinitionNames extends Infer<typeof customResourceDefinitionNames> {}

const customResourceDefinitionSpec = message(
  `${V1}.CustomResourceDefinitionSpec`,
  {
    group: string(1).present().doc('Its API group.'),
    names: ref(3, customResourceDefinitionNames).present().doc('What it is called.'),
    scope: string(4).present().doc('Cluster or Namespaced.'),
    versions: list(7, customResourceDefinitionVersion).present().atomic().doc('Its versions.'),
    conversion: ref(9, customResourceConversion).doc('How objects change version.'),
    preserveUnknownFields: bool(10).doc('Only for what older versions of the definition have left.'),
  },
  { doc: 'A custom resource as it should be.' },
)
export interface CustomResourceDefinitionSpec extends Infer<typeof customResourceDefinitionSpec> {}

const customResourceDefinitionCondition = message(
  `${V1}.CustomResourceDefinitionCondition`,
  {
    type: string(1).present().doc('What it is about, as Established or NamesAccepted.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When its status last changed.'),
    reason: string(4).doc('Why, in one word.'),
    message: string(5).doc('Why.'),
    observedGeneration: int64(6).doc('The generation it is about.'),
  },
  { doc: 'One aspect of the state of a definition.' },
)
export interface CustomResourceDefinitionCondition extends Infer<typeof customResourceDefinitionCondition> {}

const customResourceDefinitionStatus = message(
  `${V1}.CustomResourceDefinitionStatus`,
  {
    conditions: list(1, customResourceDefinitionCondition).always().mapKeys('type').doc('Its state.'),
    acceptedNames: ref(2, customResourceDefinitionNames).always().doc('The names it is served by.'),
    storedVersions: list(3, types.string).always().atomic().doc('Versions that objects may be stored as.'),
    observedGeneration: int64(4).doc('The generation last acted upon.'),
  },
  { doc: 'A custom resource as it is.' },
)
export interface CustomResourceDefinitionStatus extends Infer<typeof customResourceDefinitionStatus> {}

export const definitionFields = {
  spec: ref(2, customResourceDefinitionSpec).present().doc('The custom resource.'),
  status: ref(3, customResourceDefinitionStatus).always().doc('What has become of it.'),
}
export interface CustomResourceDefinition extends ObjectOf<typeof definitionFields> {}

/** The schema of a version, as far as there is one. */
export const schemaOf = ({ schema }: CustomResourceDefinitionVersion): JSONSchemaProps | undefined =>
  schema?.openAPIV3Schema

/** The version that objects are stored as. */
export const storageVersionOf = ({ spec }: CustomResourceDefinition): CustomResourceDefinitionVersion | undefined =>
  spec.versions.find(version => version.storage)
