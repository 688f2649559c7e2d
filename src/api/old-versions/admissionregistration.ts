import { list, string, types } from '../../apimachinery/schema/types.ts'
import {
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
} from '../admissionregistration/index.ts'
import { validateWebhook } from '../admissionregistration/webhook-rules.ts'
import type { ValidatingWebhook } from '../admissionregistration/webhooks.ts'
import { type Difference, type OldVersion, oldVersion } from './old-version.ts'

/** Webhooks were more forgiving in v1beta1: other defaults, and side effects were allowed. */
const webhook: Difference = {
  fields: fields => ({
    ...fields,
    failurePolicy: fields.failurePolicy!.default('Ignore'),
    matchPolicy: fields.matchPolicy!.default('Exact'),
    timeoutSeconds: fields.timeoutSeconds!.default(30),
    sideEffects: string(6)
      .pointer()
      .default('Unknown')
      .oneOf('None', 'NoneOnDryRun', 'Some', 'Unknown')
      .doc('None, NoneOnDryRun, Some or Unknown.'),
    admissionReviewVersions: list(8, types.string)
      .atomic()
      .default(['v1beta1'])
      .doc('Versions of AdmissionReview it understands, best first.'),
  }),
  validate(value, at) {
    validateWebhook({ ...(value as ValidatingWebhook), sideEffects: undefined }, at)
  },
}

const BETA: OldVersion = {
  version: 'v1beta1',
  deprecated: '1.16',
  removed: '1.22',
  messages: { ValidatingWebhook: webhook, MutatingWebhook: webhook },
  borrowed: ['RuleWithOperations'],
  rules: 'own',
}

const ALPHA: OldVersion = {
  version: 'v1alpha1',
  deprecated: '1.35',
  removed: '1.38',
  replacement: false,
  messages: { Variable: { atomic: false } },
}

/** admissionregistration.k8s.io/v1alpha1 and v1beta1. */
export const oldAdmissionRegistration = [
  oldVersion(mutatingAdmissionPolicy, ALPHA),
  oldVersion(mutatingAdmissionPolicyBinding, ALPHA),
  oldVersion(mutatingAdmissionPolicy, { version: 'v1beta1' }),
  oldVersion(mutatingAdmissionPolicyBinding, { version: 'v1beta1' }),
  oldVersion(mutatingWebhookConfiguration, BETA),
  oldVersion(validatingWebhookConfiguration, BETA),
]
