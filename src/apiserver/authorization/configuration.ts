import type { ConfigFile } from '../../apimachinery/config-file.ts'
import { bool, Field, type Infer, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { validateAuthorizationConfiguration } from './configuration-rules.ts'

const PACKAGE = 'k8s.io.apiserver.pkg.apis.apiserver.v1'
const duration = (number: number) => new Field(number, types.duration, { presence: 'optional' })

const connectionInfo = message(
  `${PACKAGE}.WebhookConnectionInfo`,
  {
    type: string(1).present().doc('KubeConfigFile or InClusterConfig.'),
    kubeConfigFile: string(2).pointer().doc('An absolute path.'),
  },
  { doc: 'How a webhook is reached.' },
)

const matchCondition = message(
  `${PACKAGE}.WebhookMatchCondition`,
  { expression: string(1).present().doc('A condition on `request`, in CEL.') },
  { doc: 'Which requests a webhook is asked about.' },
)

const webhook = message(
  `${PACKAGE}.WebhookConfiguration`,
  {
    authorizedTTL: duration(1).default('5m').doc('How long a yes holds.'),
    cacheAuthorizedRequests: bool(2).pointer().default(true).doc('Whether it holds at all.'),
    unauthorizedTTL: duration(3).default('30s').doc('How long a no holds.'),
    cacheUnauthorizedRequests: bool(4).pointer().default(true).doc('Whether it holds at all.'),
    timeout: duration(5).default('0s').doc('How long it may take to answer.'),
    subjectAccessReviewVersion: string(6).present().doc('v1 or v1beta1: what it is sent.'),
    matchConditionSubjectAccessReviewVersion: string(7).present().doc('v1: what conditions see.'),
    failurePolicy: string(8).present().doc('NoOpinion or Deny: what no answer means.'),
    connectionInfo: ref(9, connectionInfo).always().doc('How it is reached.'),
    matchConditions: list(10, matchCondition)
      .present()
      .doc('Which requests it is asked about: those for which all hold.'),
  },
  { doc: 'Somebody else who is asked.' },
)
export interface WebhookConfiguration extends Infer<typeof webhook> {}

const authorizer = message(
  `${PACKAGE}.AuthorizerConfiguration`,
  {
    type: string(1).present().doc('Node, RBAC, Webhook, AlwaysAllow or AlwaysDeny.'),
    name: string(2).present().doc('What it is called in metrics and messages.'),
    webhook: ref(3, webhook).doc('For type Webhook.'),
  },
  { doc: 'Somebody who decides.' },
)
export interface AuthorizerConfiguration extends Infer<typeof authorizer> {}

const configuration = message(
  `${PACKAGE}.AuthorizationConfiguration`,
  { authorizers: list(1, authorizer).present().doc('Those who decide, in the order in which they are asked.') },
  { doc: 'Who decides who may do what.' },
)
export interface AuthorizationConfiguration extends Infer<typeof configuration> {}

/** The file of --authorization-config. */
export const authorizationConfiguration: ConfigFile<typeof configuration> = {
  what: 'authorization configuration',
  kind: 'AuthorizationConfiguration',
  apiVersions: ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1'],
  message: configuration,
  validate: validateAuthorizationConfiguration,
}
