import { CompileError, type Program, showType } from '../../apimachinery/cel/index.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isDomainPrefixedPath } from '../../apimachinery/validation/names.ts'
import { Authorities } from './authorities.ts'
import type {
  AuthenticationConfiguration,
  ClaimMappings,
  Issuer,
  JWTAuthenticator,
  PrefixedClaimOrExpression,
} from './configuration.ts'
import { compileClaims, compileUser, selectsClaim } from './expressions.ts'

const MAX_AUTHENTICATORS = 64

/** The rules of an AuthenticationConfiguration (upstream apis/apiserver/validation). */
export function validateAuthenticationConfiguration(
  { jwt, anonymous }: AuthenticationConfiguration,
  disallowed: readonly string[],
  at: At,
): void {
  const root = at.child('jwt')
  if (jwt.length > MAX_AUTHENTICATORS) {
    root.tooMany(jwt.length, MAX_AUTHENTICATORS)
    return
  }
  const [issuers, documents] = [new Set<string>(), new Set<string>()]
  jwt.forEach((authenticator, i) => {
    const place = root.index(i)
    validateAuthenticator(authenticator, disallowed, place)
    const { url, discoveryURL } = authenticator.issuer
    if (issuers.has(url)) place.child('issuer', 'url').duplicate(url)
    issuers.add(url)
    if (discoveryURL && documents.has(discoveryURL)) place.child('issuer', 'discoveryURL').duplicate(discoveryURL)
    documents.add(discoveryURL ?? '')
  })
  if (anonymous && !anonymous.enabled && anonymous.conditions.length > 0) {
    const conditions = at.child('anonymous', 'conditions')
    conditions.invalid(anonymous.conditions, 'enabled should be set to true when conditions are defined')
  }
}

function validateAuthenticator(authenticator: JWTAuthenticator, disallowed: readonly string[], at: At): void {
  validateIssuer(authenticator.issuer, disallowed, at.child('issuer'))
  validateClaimRules(authenticator, at.child('claimValidationRules'))
  validateMappings(authenticator, at.child('claimMappings'))
  const seen = new Set<string>()
  authenticator.userValidationRules.forEach(({ expression }, i) => {
    const place = at.child('userValidationRules').index(i).child('expression')
    if (expression === '') place.required()
    else if (seen.has(expression)) place.duplicate(expression)
    else checkCondition(expression, compileUser, place)
    seen.add(expression)
  })
}

function validateIssuer(issuer: Issuer, disallowed: readonly string[], at: At): void {
  const { url, discoveryURL = '', audiences, audienceMatchPolicy: policy, certificateAuthority } = issuer
  if (url === '') at.child('url').required()
  else validateUrl(url, disallowed, at.child('url'))
  if (discoveryURL) {
    const place = at.child('discoveryURL')
    if (url && trimmed(url) === trimmed(discoveryURL)) {
      place.invalid(discoveryURL, 'discoveryURL must be different from URL')
    }
    validateUrl(discoveryURL, [], place)
  }
  validateAudiences(audiences, policy, at)
  if (certificateAuthority) {
    try {
      new Authorities(certificateAuthority)
    } catch (error) {
      at.child('certificateAuthority').invalid('<omitted>', (error as Error).message)
    }
  }
  const { egressSelectorType: egress } = issuer
  if (egress && egress !== 'controlplane' && egress !== 'cluster') {
    at.child('egressSelectorType').invalid(egress, 'egress selector must be either controlplane or cluster')
  }
}

const trimmed = (url: string) => url.replace(/\/+$/, '')

function validateUrl(text: string, disallowed: readonly string[], at: At): void {
  if (disallowed.includes(text)) {
    at.invalid(text, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`)
  }
  let url: URL
  try {
    url = new URL(text)
  } catch {
    at.invalid(
      text,
      /^[a-z][a-z0-9+.-]*:/i.test(text) ? `parse ${JSON.stringify(text)}: invalid URL` : 'URL scheme must be https',
    )
    return
  }
  if (url.protocol !== 'https:') at.invalid(text, 'URL scheme must be https')
  if (url.username || url.password) at.invalid(text, 'URL must not contain a username or password')
  if (url.search) at.invalid(text, 'URL must not contain a query')
  if (url.hash) at.invalid(text, 'URL must not contain a fragment')
}

function validateAudiences(audiences: readonly string[], policy: string, at: At): void {
  const place = at.child('audiences')
  if (audiences.length === 0) {
    place.required(`at least one ${place.path} is required`)
    return
  }
  audiences.forEach((audience, i) => {
    if (audience === '') place.index(i).required()
    if (audiences.indexOf(audience) < i) place.index(i).duplicate(audience)
  })
  if (policy === 'MatchAny') return
  const matching = at.child('audienceMatchPolicy')
  if (audiences.length > 1) matching.invalid(policy, 'audienceMatchPolicy must be MatchAny for multiple audiences')
  else if (policy) matching.invalid(policy, 'audienceMatchPolicy must be empty or MatchAny for single audience')
}

function validateClaimRules({ claimValidationRules: rules }: JWTAuthenticator, at: At): void {
  const [claims, expressions] = [new Set<string>(), new Set<string>()]
  rules.forEach(({ claim, requiredValue, expression, message }, i) => {
    const place = at.index(i)
    if (claim && expression) place.invalid(claim, "claim and expression can't both be set")
    else if (claim) {
      if (message) place.child('message').invalid(message, 'may not be specified when claim is set')
      if (claims.has(claim)) place.child('claim').duplicate(claim)
      claims.add(claim)
    } else if (expression) {
      const what = place.child('expression')
      if (requiredValue) {
        place.child('requiredValue').invalid(requiredValue, 'may not be specified when expression is set')
      }
      if (expressions.has(expression)) what.duplicate(expression)
      else checkCondition(expression, compileClaims, what)
      expressions.add(expression)
    } else place.required('claim or expression is required')
  })
}

function validateMappings({ claimMappings: mappings, claimValidationRules: rules }: JWTAuthenticator, at: At): void {
  const { username, groups, uid, extra } = mappings
  validateNameSource(username, at.child('username'), true)
  validateNameSource(groups, at.child('groups'), false)
  if (uid.claim && uid.expression) at.child('uid').invalid('', "claim and expression can't both be set")
  else if (uid.expression) checkExpression(uid.expression, compileClaims, at.child('uid', 'expression'))
  validateExtra(extra, at.child('extra'))
  const verified = [username.expression, ...extra.map(one => one.valueExpression), ...rules.map(one => one.expression)]
  if (
    selectsClaim(username.expression, 'email') &&
    !verified.some(expression => selectsClaim(expression, 'email_verified'))
  ) {
    at.child('username', 'expression').invalid(
      username.expression,
      'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
    )
  }
}

function validateNameSource({ claim, prefix, expression }: PrefixedClaimOrExpression, at: At, required: boolean): void {
  if (claim && expression) at.invalid('', "claim and expression can't both be set")
  else if (expression) {
    if (prefix !== undefined) at.child('prefix').invalid(prefix, 'may not be specified when expression is set')
    checkExpression(expression, compileClaims, at.child('expression'))
  } else if (claim) {
    if (prefix === undefined) {
      at.child('prefix').required(
        'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
      )
    }
  } else if (required) at.required('claim or expression is required')
}

function validateExtra(extra: ClaimMappings['extra'], at: At): void {
  const seen = new Set<string>()
  extra.forEach(({ key, valueExpression }, i) => {
    const [place, expression] = [at.index(i).child('key'), at.index(i).child('valueExpression')]
    if (key === '') place.required()
    else place.invalidEach(key, isDomainPrefixedPath(key))
    if (key !== key.toLowerCase()) place.invalid(key, 'must be lowercase')
    if (/^([^/]+\.)?(kubernetes|k8s)\.io\//.test(key)) {
      place.invalid(key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use')
    }
    if (seen.has(key)) place.duplicate(key)
    else if (valueExpression === '') expression.required()
    else checkExpression(valueExpression, compileClaims, expression)
    seen.add(key)
  })
}

function checkExpression(expression: string, compile: (text: string) => Program, at: At): Program | undefined {
  try {
    return compile(expression)
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    at.invalid(expression, `compilation failed: ${error.message}`)
    return undefined
  }
}

function checkCondition(expression: string, compile: (text: string) => Program, at: At): void {
  const program = checkExpression(expression, compile, at)
  if (program && showType(program.type) !== 'bool') at.invalid(expression, 'must evaluate to bool')
}
