import { compactVerify, errors } from 'jose'
import { EvaluationError, PER_CALL_LIMIT, type Program, type Value } from '../../apimachinery/cel/index.ts'
import { ListValue } from '../../apimachinery/cel/values.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { unverifiedClaims } from '../../apimachinery/jwt.ts'
import type { UserInfo } from '../request.ts'
import type { Authenticator, Credentials, Identity } from './authenticator.ts'
import type { JWTAuthenticator as Configuration, PrefixedClaimOrExpression } from './configuration.ts'
import { claimsValue, compileClaims, compileUser, userValue } from './expressions.ts'
import { IssuerKeys } from './issuer-keys.ts'

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512']
/** How far an issuer's clock may be ahead of ours (go-oidc). */
const LEEWAY_SECONDS = 300
/** How long what came of a token is remembered (upstream's token cache). */
const CACHE_MS = 10_000
const CACHE_SIZE = 4096

type Claims = Readonly<Record<string, unknown>>
interface Rule {
  readonly expression: string
  readonly message: string
  readonly program: Program
}

/**
 * Knows users by the tokens of one issuer (upstream plugin/pkg/authenticator/token/oidc), as one entry of an
 * AuthenticationConfiguration says.
 */
export class JwtAuthenticator implements Authenticator {
  readonly #config: Configuration
  readonly #clock: Clock
  readonly #keys: IssuerKeys
  readonly #programs = new Map<string, Program>()
  readonly #claimRules: readonly Rule[]
  readonly #userRules: readonly Rule[]
  readonly #known = new Map<string, { readonly user: UserInfo; readonly until: number }>()

  /** `config` has been validated. */
  constructor(config: Configuration, clock: Clock) {
    this.#config = config
    this.#clock = clock
    this.#keys = new IssuerKeys(config.issuer, clock)
    const { username, groups, uid, extra } = config.claimMappings
    const mappings = [username.expression, groups.expression, uid.expression, ...extra.map(one => one.valueExpression)]
    for (const expression of mappings) if (expression) this.#programs.set(expression, compileClaims(expression))
    this.#claimRules = config.claimValidationRules
      .filter(rule => rule.expression)
      .map(rule => ({ ...rule, program: compileClaims(rule.expression) }))
    this.#userRules = config.userValidationRules.map(rule => ({ ...rule, program: compileUser(rule.expression) }))
  }

  async authenticate({ bearerToken: token }: Credentials): Promise<Identity | undefined> {
    if (!token || issuerOf(token) !== this.#config.issuer.url) return undefined
    const now = this.#clock.now()
    const known = this.#known.get(token)
    if (known && known.until > now) return { user: known.user }
    const claims = await this.#verified(token)
    const user = this.#userOf(claims)
    if (this.#known.size >= CACHE_SIZE) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(token, { user, until: Math.min(now + CACHE_MS, Number(claims.exp) * 1000) })
    return { user }
  }

  close(): void {
    this.#keys.close()
  }

  /** The claims of a token that holds now. Throws Error. */
  async #verified(token: string): Promise<Claims> {
    const { audiences } = this.#config.issuer
    try {
      await verifySignature(token, this.#keys)
    } catch (error) {
      throw new Error(`oidc: verify token: ${(error as Error).message}`)
    }
    const claims = unverifiedClaims(token)!
    const now = this.#clock.now() / 1000
    const { exp, nbf, aud } = claims
    const meant = (Array.isArray(aud) ? aud : [aud]).filter(one => typeof one === 'string')
    if (!meant.some(one => audiences.includes(one))) {
      throw new Error(`oidc: verify token: oidc: expected audience in ${list(audiences)} got ${list(meant)}`)
    }
    if (!(typeof exp === 'number' && exp > now)) throw new Error('oidc: verify token: oidc: token is expired')
    if (typeof nbf === 'number' && now + LEEWAY_SECONDS < nbf) {
      throw new Error('oidc: verify token: oidc: current time is before the nbf (not before) time')
    }
    return claims
  }

  #userOf(claims: Claims): UserInfo {
    const { claimMappings, claimValidationRules } = this.#config
    const value = claimsValue(claims)
    const evaluate = (expression: string) => this.#programs.get(expression)!.evaluate({ claims: value }).value
    const user = {
      name: username(claimMappings.username, claims, evaluate),
      groups: groups(claimMappings.groups, claims, evaluate),
      uid: uid(claimMappings.uid, claims, evaluate),
    }
    const extra: Record<string, string[]> = {}
    if (typeof claims.jti === 'string' && claims.jti) {
      extra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims.jti}`]
    }
    for (const { key, valueExpression } of claimMappings.extra) {
      const values = within('extra claim expression', () => texts(evaluate(valueExpression)))
      if (values.length > 0) extra[key] = values
    }
    for (const { claim, requiredValue } of claimValidationRules) if (claim) checkClaim(claims, claim, requiredValue)
    checkRules(this.#claimRules, { claims: value }, 'claim validation expression')
    const found = withoutEmpty(user, extra)
    checkRules(this.#userRules, { user: userValue(found) }, 'user info validation rule')
    return found
  }
}

const withoutEmpty = ({ uid, ...user }: UserInfo, extra: Record<string, string[]>): UserInfo => ({
  ...user,
  ...(uid && { uid }),
  ...(Object.keys(extra).length > 0 && { extra }),
})

async function verifySignature(token: string, keys: IssuerKeys): Promise<void> {
  const options = { algorithms: ALGORITHMS }
  try {
    await compactVerify(token, keys.get, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    // The token does not name its key.
    for await (const key of error) {
      try {
        await compactVerify(token, key, options)
        return
      } catch {}
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** Who a token says has issued it; nothing of it is checked yet. */
function issuerOf(token: string): unknown {
  const issuer = unverifiedClaims(token)?.iss
  return issuer === 'accounts.google.com' ? 'https://accounts.google.com' : issuer
}

type Evaluate = (expression: string) => Value

function username({ claim, prefix = '', expression }: PrefixedClaimOrExpression, claims: Claims, evaluate: Evaluate) {
  if (expression) {
    const name = within('username claim expression', () => text(evaluate(expression), 'username'))
    if (name === '') throw new Error('oidc: empty username via CEL expression is not allowed')
    return name
  }
  const name = textClaim(claims, claim, 'username claims')
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    if (typeof claims.email_verified !== 'boolean') throw new Error("oidc: parse 'email_verified' claim: not a boolean")
    if (!claims.email_verified) throw new Error('oidc: email not verified')
  }
  return prefix + name
}

function groups({ claim, prefix = '', expression }: PrefixedClaimOrExpression, claims: Claims, evaluate: Evaluate) {
  if (expression) return within('group claim expression', () => texts(evaluate(expression)))
  if (!claim || !Object.hasOwn(claims, claim)) return []
  const given = claims[claim]
  const found = given === null ? [] : Array.isArray(given) ? given : [given]
  if (!found.every(one => typeof one === 'string')) {
    throw new Error(`oidc: parse groups claim ${JSON.stringify(claim)}: neither a string nor a list of strings`)
  }
  return found.map(group => prefix + group)
}

function uid({ claim, expression }: { claim: string; expression: string }, claims: Claims, evaluate: Evaluate): string {
  if (claim) return textClaim(claims, claim, 'uid claim')
  return expression ? within('uid claim expression', () => text(evaluate(expression), 'uid')) : ''
}

function textClaim(claims: Claims, claim: string, what: string): string {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (typeof value === 'string') return value
  const why = value === undefined ? 'claim not present' : 'not a string'
  throw new Error(`oidc: parse ${what} ${JSON.stringify(claim)}: ${why}`)
}

function checkClaim(claims: Claims, claim: string, required: string): void {
  if (!Object.hasOwn(claims, claim)) throw new Error(`oidc: required claim ${claim} not present in ID token`)
  const value = claims[claim]
  if (typeof value !== 'string') throw new Error(`oidc: parse claim ${claim}: not a string`)
  if (value !== required) {
    throw new Error(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${required}`)
  }
}

function checkRules(rules: readonly Rule[], bindings: Readonly<Record<string, Value>>, what: string): void {
  for (const { expression, message, program } of rules) {
    within(what, () => {
      if (program.evaluate(bindings, PER_CALL_LIMIT).value === true) return
      throw new EvaluationError(`validation expression '${expression}' failed: ${message}`)
    })
  }
}

function text(value: Value, what: string): string {
  if (typeof value === 'string') return value
  throw new EvaluationError(`${what} claim expression must return a string`)
}

/** A text or a list of them; empty ones are as none. */
function texts(value: Value): string[] {
  if (value === null) return []
  const all = value instanceof ListValue ? [...value] : [value]
  if (all.every(one => typeof one === 'string')) return all.filter(Boolean)
  throw new EvaluationError('expression must return a string or a list of strings')
}

function within<T>(what: string, evaluate: () => T): T {
  try {
    return evaluate()
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    throw new Error(`oidc: error evaluating ${what}: ${error.message}`)
  }
}

const list = (values: readonly string[]) => `[${values.map(one => JSON.stringify(one)).join(' ')}]`
