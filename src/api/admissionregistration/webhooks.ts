import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { bytes, type Infer, inline, int32, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { validateClientConfig, validateRule, validateWebhook } from './webhook-rules.ts'

export const serviceReference = message(
  'k8s.io.api.admissionregistration.v1.ServiceReference',
  {
    namespace: string(1).required().doc('Its namespace.'),
    name: string(2).required().doc('Its name.'),
    path: string(3).pointer().doc('The path of the requests.'),
    port: int32(4).pointer().default(443).doc('Its port.'),
  },
  {
    doc: 'A Service that answers webhooks.',
  },
)
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const webhookClientConfig = message(
  'k8s.io.api.admissionregistration.v1.WebhookClientConfig',
  {
    url: string(3).pointer().doc('Its URL.'),
    service: ref(1, serviceReference).doc('The Service.'),
    caBundle: bytes(2).doc('The certificates that its own is checked against, as PEM.'),
  },
  {
    doc: 'Where a webhook is; one of url and service is set.',
    validate(config, at) {
      validateClientConfig(config, at)
    },
  },
)
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}

/** Which resources. */
const ruleFields = {
  apiGroups: list(1, types.string).atomic().doc('The API groups; * for all.'),
  apiVersions: list(2, types.string).atomic().doc('The versions; * for all.'),
  resources: list(3, types.string).atomic().doc('The resources, as pods, pods/status or */*.'),
  scope: string(4).pointer().default('*').oneOf('*', 'Cluster', 'Namespaced').doc('Cluster, Namespaced or * for both.'),
}

/** Which operations on them. */
export const operationFields = {
  operations: list(1, types.string).atomic().doc('CREATE, UPDATE, DELETE, CONNECT or * for all.'),
  ...inline(2, ruleFields),
}

export const ruleWithOperations = message('k8s.io.api.admissionregistration.v1.RuleWithOperations', operationFields, {
  doc: 'Which operations on which resources.',
  validate(rule, at) {
    validateRule(rule, at)
  },
})
export interface RuleWithOperations extends Infer<typeof ruleWithOperations> {}

export const matchCondition = message(
  'k8s.io.api.admissionregistration.v1.MatchCondition',
  {
    name: string(1).required().doc('Its name.'),
    expression: string(2).required().doc('A CEL expression.'),
  },
  {
    doc: 'A condition on requests.',
  },
)
export interface MatchCondition extends Infer<typeof matchCondition> {}

export const validatingWebhook = message(
  'k8s.io.api.admissionregistration.v1.ValidatingWebhook',
  {
    name: string(1).required().doc('Its name, with a domain.'),
    clientConfig: ref(2, webhookClientConfig).present().doc('Where it is.'),
    rules: list(3, ruleWithOperations).atomic().doc('Which operations on which resources it sees.'),
    failurePolicy: string(4)
      .pointer()
      .default('Fail')
      .oneOf('Fail', 'Ignore')
      .doc('What happens when it fails: Fail or Ignore.'),
    matchPolicy: string(9)
      .pointer()
      .default('Equivalent')
      .oneOf('Equivalent', 'Exact')
      .doc('Exact, or Equivalent: other versions of the resources too.'),
    namespaceSelector: ref(5, labelSelector).default({}).doc('Only objects in such namespaces.'),
    objectSelector: ref(10, labelSelector).default({}).doc('Only objects with such labels.'),
    sideEffects: string(6)
      .required()
      .pointer()
      .oneOf('None', 'NoneOnDryRun', 'Some', 'Unknown')
      .doc('None, or NoneOnDryRun.'),
    timeoutSeconds: int32(7).pointer().default(10).min(1).max(30).doc('Seconds it has to answer.'),
    admissionReviewVersions: list(8, types.string)
      .required()
      .atomic()
      .doc('Versions of AdmissionReview it understands, best first.'),
    matchConditions: list(11, matchCondition)
      .mapKeys('name')
      .patchMerge('name')
      .doc('Conditions on requests; all must hold.'),
  },
  {
    doc: 'A webhook that can refuse requests.',
    validate(webhook, at) {
      validateWebhook(webhook, at)
    },
  },
)
export interface ValidatingWebhook extends Infer<typeof validatingWebhook> {}

export const mutatingWebhook = message(
  'k8s.io.api.admissionregistration.v1.MutatingWebhook',
  {
    name: string(1).required().doc('Its name, with a domain.'),
    clientConfig: ref(2, webhookClientConfig).present().doc('Where it is.'),
    rules: list(3, ruleWithOperations).atomic().doc('Which operations on which resources it sees.'),
    failurePolicy: string(4)
      .pointer()
      .default('Fail')
      .oneOf('Fail', 'Ignore')
      .doc('What happens when it fails: Fail or Ignore.'),
    matchPolicy: string(9)
      .pointer()
      .default('Equivalent')
      .oneOf('Equivalent', 'Exact')
      .doc('Exact, or Equivalent: other versions of the resources too.'),
    namespaceSelector: ref(5, labelSelector).default({}).doc('Only objects in such namespaces.'),
    objectSelector: ref(11, labelSelector).default({}).doc('Only objects with such labels.'),
    sideEffects: string(6)
      .required()
      .pointer()
      .oneOf('None', 'NoneOnDryRun', 'Some', 'Unknown')
      .doc('None, or NoneOnDryRun.'),
    timeoutSeconds: int32(7).pointer().default(10).min(1).max(30).doc('Seconds it has to answer.'),
    admissionReviewVersions: list(8, types.string)
      .required()
      .atomic()
      .doc('Versions of AdmissionReview it understands, best first.'),
    reinvocationPolicy: string(10)
      .pointer()
      .default('Never')
      .oneOf('IfNeeded', 'Never')
      .doc('Never, or IfNeeded: again when later ones change the object.'),
    matchConditions: list(12, matchCondition)
      .mapKeys('name')
      .patchMerge('name')
      .doc('Conditions on requests; all must hold.'),
  },
  {
    doc: 'A webhook that can change objects.',
    validate(webhook, at) {
      validateWebhook(webhook, at)
    },
  },
)
export interface MutatingWebhook extends Infer<typeof mutatingWebhook> {}
