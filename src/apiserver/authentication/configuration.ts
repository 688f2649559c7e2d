import type { ConfigFile } from '../../apimachinery/config-file.ts'
import { bool, type Infer, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { validateAuthenticationConfiguration } from './configuration-rules.ts'

const PACKAGE = 'k8s.io.apiserver.pkg.apis.apiserver.v1'

const issuer = message(
  `${PACKAGE}.Issuer`,
  {
    url: string(1).present().doc('What tokens say in `iss`, and where its discovery document is found.'),
    discoveryURL: string(2).doc('Where that document is instead.'),
    certificateAuthority: string(3)
      .present()
      .doc('PEM of who signs its certificates; those of the machine where empty.'),
    audiences: list(4, types.string).present().doc('Whom tokens may be for.'),
    audienceMatchPolicy: string(5).present().doc('MatchAny: one of them is enough.'),
    egressSelectorType: string(6).present().doc('By which way it is reached.'),
  },
  { doc: 'Who issues tokens.' },
)
export interface Issuer extends Infer<typeof issuer> {}

const claimValidationRule = message(
  `${PACKAGE}.ClaimValidationRule`,
  {
    claim: string(1).present().doc('A claim that has to have one value.'),
    requiredValue: string(2).present().doc('That value.'),
    expression: string(3).present().doc('Or a condition in CEL.'),
    message: string(4).present().doc('What to say where it does not hold.'),
  },
  { doc: 'What has to hold of a token.' },
)

const prefixedClaimOrExpression = message(
  `${PACKAGE}.PrefixedClaimOrExpression`,
  {
    claim: string(1).present().doc('A claim.'),
    prefix: string(2).pointer().doc('What to put in front of its value.'),
    expression: string(3).present().doc('Or an expression in CEL.'),
  },
  { doc: 'Where a name comes from.' },
)
export interface PrefixedClaimOrExpression extends Infer<typeof prefixedClaimOrExpression> {}

const claimOrExpression = message(
  `${PACKAGE}.ClaimOrExpression`,
  { claim: string(1).present().doc('A claim.'), expression: string(2).present().doc('Or an expression in CEL.') },
  { doc: 'Where a value comes from.' },
)

const extraMapping = message(
  `${PACKAGE}.ExtraMapping`,
  {
    key: string(1).present().doc('Its key, as example.org/foo.'),
    valueExpression: string(2).present().doc('Its values: a text or a list of texts.'),
  },
  { doc: 'Something else that is known of a user.' },
)

const claimMappings = message(
  `${PACKAGE}.ClaimMappings`,
  {
    username: ref(1, prefixedClaimOrExpression).always().doc('The name.'),
    groups: ref(2, prefixedClaimOrExpression).always().doc('The groups.'),
    uid: ref(3, claimOrExpression).always().doc('The UID.'),
    extra: list(4, extraMapping).present().doc('What else is known.'),
  },
  { doc: 'How a user is read off a token.' },
)
export interface ClaimMappings extends Infer<typeof claimMappings> {}

const userValidationRule = message(
  `${PACKAGE}.UserValidationRule`,
  {
    expression: string(1).present().doc('A condition in CEL.'),
    message: string(2).present().doc('What to say where it does not hold.'),
  },
  { doc: 'What has to hold of a user.' },
)

const jwtAuthenticator = message(
  `${PACKAGE}.JWTAuthenticator`,
  {
    issuer: ref(1, issuer).always().doc('Who issues the tokens.'),
    claimValidationRules: list(2, claimValidationRule).present().doc('What has to hold of them.'),
    claimMappings: ref(3, claimMappings).always().doc('Whom they stand for.'),
    userValidationRules: list(4, userValidationRule).present().doc('What has to hold of these users.'),
  },
  { doc: 'Users known by the tokens of one issuer.' },
)
export interface JWTAuthenticator extends Infer<typeof jwtAuthenticator> {}

const anonymousCondition = message(
  `${PACKAGE}.AnonymousAuthCondition`,
  { path: string(1).present().doc('A path.') },
  { doc: 'Where somebody unknown is let in.' },
)

const anonymous = message(
  `${PACKAGE}.AnonymousAuthConfig`,
  {
    enabled: bool(1).present().doc('Whether somebody unknown is let in at all.'),
    conditions: list(2, anonymousCondition).present().doc('Where; everywhere when empty.'),
  },
  { doc: 'What becomes of requests that do not say who makes them.' },
)

const configuration = message(
  `${PACKAGE}.AuthenticationConfiguration`,
  {
    jwt: list(1, jwtAuthenticator).present().doc('Issuers of tokens.'),
    anonymous: ref(2, anonymous).doc('Requests that do not say who makes them.'),
  },
  { doc: 'How users are known.' },
)
export interface AuthenticationConfiguration extends Infer<typeof configuration> {}

/** The file of --authentication-config. `disallowed`: issuers that are known otherwise. */
export const authenticationConfiguration = (disallowed: readonly string[]): ConfigFile<typeof configuration> => ({
  what: 'authentication configuration',
  kind: 'AuthenticationConfiguration',
  apiVersions: ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1'],
  message: configuration,
  validate: (config, at) => validateAuthenticationConfiguration(config, disallowed, at),
})
