/**
 * The forms that names and short strings must have. Each check answers with what is wrong, in upstream's words (apimachinery
 * util/validation and api/validate/content); an empty answer means the value is fine.
 */
export type Messages = readonly string[]

const NONE: Messages = []
const bytesOf = (value: string) => Buffer.byteLength(value)
const anchored = (pattern: string) => new RegExp(`^${pattern}$`)

export const maxLengthMessage = (length: number) => `must be no more than ${length} characters`
const maxBytesMessage = (length: number) => `must be no more than ${length} bytes`
export const inclusiveRangeMessage = (low: number, high: number) => `must be between ${low} and ${high}, inclusive`
export const EMPTY_MESSAGE = 'must be non-empty'
export const NEGATIVE_MESSAGE = 'must be greater than or equal to 0'
export const IMMUTABLE_MESSAGE = 'field is immutable'

/** A complaint that ends with examples and the pattern that decides. */
export function patternMessage(message: string, pattern: string, ...examples: string[]): string {
  const regex = `regex used for validation is '${pattern}'`
  if (examples.length === 0) return `${message} (${regex})`
  return `${message} (e.g. ${examples.map(example => `'${example}', `).join(' or ')}${regex})`
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const UNDERSCORE_SUBDOMAIN = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const WILDCARD = `\\*\\.${SUBDOMAIN}`
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const LABEL_VALUE = `(${QUALIFIED})?`
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*'
const PERCENT = '[0-9]+%'
const HEADER = '[-A-Za-z0-9]+'
const ENV_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*'
const CONFIG_KEY = '[-._a-zA-Z0-9]+'
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

const labelRegex = anchored(LABEL)
const subdomainRegex = anchored(SUBDOMAIN)
const underscoreSubdomainRegex = anchored(UNDERSCORE_SUBDOMAIN)
const dns1035Regex = anchored(DNS1035)
const wildcardRegex = anchored(WILDCARD)
const qualifiedRegex = anchored(QUALIFIED)
const labelValueRegex = anchored(LABEL_VALUE)
const cIdentifierRegex = anchored(C_IDENTIFIER)
const percentRegex = anchored(PERCENT)
const headerRegex = anchored(HEADER)
const envNameRegex = anchored(ENV_NAME)
const configKeyRegex = anchored(CONFIG_KEY)
const httpPathRegex = anchored(HTTP_PATH)

const LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const QUALIFIED_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

/** A DNS label as RFC 1123 has it: at most 63 of a-z, 0-9 and '-'. */
export function isDNS1123Label(value: string): Messages {
  if (value.length <= 63 && labelRegex.test(value)) return NONE
  const messages: string[] = []
  if (bytesOf(value) > 63) messages.push(maxLengthMessage(63))
  if (!labelRegex.test(value)) {
    messages.push(
      subdomainRegex.test(value) ? 'must not contain dots' : patternMessage(LABEL_MESSAGE, LABEL, 'my-name', '123-abc'),
    )
  }
  return messages
}

function subdomain(value: string, tooLong: string): Messages {
  if (value.length <= 253 && subdomainRegex.test(value)) return NONE
  const messages: string[] = []
  if (bytesOf(value) > 253) messages.push(tooLong)
  if (!subdomainRegex.test(value)) messages.push(patternMessage(SUBDOMAIN_MESSAGE, SUBDOMAIN, 'example.com'))
  return messages
}

/** DNS labels joined by dots, at most 253 characters: the form of most object names. */
export const isDNS1123Subdomain = (value: string): Messages => subdomain(value, maxLengthMessage(253))

/** As a subdomain, but labels may hold underscores (service names in DNS search domains). */
export function isDNS1123SubdomainWithUnderscore(value: string): Messages {
  const messages: string[] = []
  if (bytesOf(value) > 253) messages.push(maxLengthMessage(253))
  if (!underscoreSubdomainRegex.test(value)) {
    messages.push(
      patternMessage(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
        UNDERSCORE_SUBDOMAIN,
        'example.com',
      ),
    )
  }
  return messages
}

/** A DNS label that starts with a letter (RFC 1035). */
export function isDNS1035Label(value: string): Messages {
  const messages: string[] = []
  if (bytesOf(value) > 63) messages.push(maxLengthMessage(63))
  if (!dns1035Regex.test(value)) {
    messages.push(
      patternMessage(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        DNS1035,
        'my-name',
        'abc-123',
      ),
    )
  }
  return messages
}

/** `*.` and a subdomain. */
export function isWildcardDNS1123Subdomain(value: string): Messages {
  const messages: string[] = []
  if (bytesOf(value) > 253) messages.push(maxLengthMessage(253))
  if (!wildcardRegex.test(value)) {
    messages.push(
      patternMessage(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        WILDCARD,
        '*.example.com',
      ),
    )
  }
  return messages
}

/** What label keys look like: a name of at most 63 bytes, with a DNS subdomain and '/' before it if wanted. */
export function isQualifiedName(value: string): Messages {
  const parts = value.split('/')
  const messages: string[] = []
  if (parts.length > 2) {
    const pattern = patternMessage(QUALIFIED_MESSAGE, QUALIFIED, 'MyName', 'my.name', '123-abc')
    return [`a valid label key ${pattern} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const name = parts.at(-1)!
  if (parts.length === 2) {
    const prefix = parts[0]!
    if (prefix === '') messages.push(`prefix part ${EMPTY_MESSAGE}`)
    else for (const message of subdomain(prefix, maxBytesMessage(253))) messages.push(`prefix part ${message}`)
  }
  if (name === '') messages.push(`name part ${EMPTY_MESSAGE}`)
  else if (bytesOf(name) > 63) messages.push(`name part ${maxBytesMessage(63)}`)
  if (!qualifiedRegex.test(name)) {
    messages.push(`name part ${patternMessage(QUALIFIED_MESSAGE, QUALIFIED, 'MyName', 'my.name', '123-abc')}`)
  }
  return messages
}

export function isLabelValue(value: string): Messages {
  if (value.length <= 63 && labelValueRegex.test(value)) return NONE
  const messages: string[] = []
  if (bytesOf(value) > 63) messages.push(maxBytesMessage(63))
  if (!labelValueRegex.test(value)) {
    messages.push(
      patternMessage(
        `a valid label must be an empty string or ${QUALIFIED_MESSAGE.slice('must '.length)}`,
        LABEL_VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    )
  }
  return messages
}

export function isCIdentifier(value: string): Messages {
  if (cIdentifierRegex.test(value)) return NONE
  const message =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
  return [patternMessage(message, C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName')]
}

/** Names that would leave their directory when used as a file name. */
function leavesDirectory(value: string): Messages {
  if (value === '.') return ["must not be '.'"]
  if (value === '..') return ["must not be '..'"]
  return value.startsWith('..') ? ["must not start with '..'"] : NONE
}

/** The names shells take for environment variables, with '-' and '.' besides. */
export function isEnvVarName(value: string): Messages {
  const messages: string[] = []
  if (!envNameRegex.test(value)) {
    messages.push(
      patternMessage(
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
        ENV_NAME,
        'my.env-name',
        'MY_ENV.NAME',
        'MyEnvName1',
      ),
    )
  }
  return [...messages, ...leavesDirectory(value)]
}

/** Any printable ASCII but '=' (KEP-4369); what environment variables are held to since v1.32. */
export function isRelaxedEnvVarName(value: string): Messages {
  if (value === '') return [`environment variable name ${EMPTY_MESSAGE}`]
  return /^[ -<>-~]+$/.test(value)
    ? NONE
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** A key of a ConfigMap or Secret, which may become a file name. */
export function isConfigMapKey(value: string): Messages {
  const messages: string[] = []
  if (bytesOf(value) > 253) messages.push(maxLengthMessage(253))
  if (!configKeyRegex.test(value)) {
    messages.push(
      patternMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  }
  return [...messages, ...leavesDirectory(value)]
}

/** A name that can stand as one segment of a URL path; RBAC objects use it. */
export function isPathSegmentName(value: string): Messages {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return isPathSegmentPrefix(value)
}

/** The start of such a name. */
export const isPathSegmentPrefix = (value: string): Messages =>
  ['/', '%'].filter(illegal => value.includes(illegal)).map(illegal => `may not contain '${illegal}'`)

/** An IANA service name: at most 15 of a-z, 0-9 and '-', a letter among them. */
export function isPortName(value: string): Messages {
  const messages: string[] = []
  if (value.length > 15) messages.push(maxLengthMessage(15))
  if (!/^[-a-z0-9]+$/.test(value)) {
    messages.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(value)) messages.push('must contain at least one letter (a-z)')
  if (value.includes('--')) messages.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) messages.push('must not begin or end with a hyphen')
  return messages
}

export const isInRange = (value: number, low: number, high: number): Messages =>
  value >= low && value <= high ? NONE : [inclusiveRangeMessage(low, high)]
export const isPortNumber = (value: number): Messages => isInRange(value, 1, 65535)
/** A user or group id. */
export const isUserId = (value: number): Messages => isInRange(value, 0, 2 ** 31 - 1)

export function isPercent(value: string): Messages {
  if (percentRegex.test(value)) return NONE
  const message = "a valid percent string must be a numeric string followed by an ending '%'"
  return [patternMessage(message, PERCENT, '1%', '93%')]
}

export function isHTTPHeaderName(value: string): Messages {
  if (headerRegex.test(value)) return NONE
  const message = "a valid HTTP header must consist of alphanumeric characters or '-'"
  return [patternMessage(message, HEADER, 'X-Header-Name')]
}

/** A domain, '/' and a path, as `acme.io/foo`. */
export function isDomainPrefixedPath(value: string): Messages {
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")']
  const messages = [...isDNS1123Subdomain(value.slice(0, slash))]
  if (!httpPathRegex.test(value.slice(slash + 1))) messages.push(patternMessage('Invalid path', HTTP_PATH))
  return messages
}

/** A generateName may end in '-', since letters follow. */
const maskTrailingDash = (name: string) => (name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name)

/** Checks of metadata.name; `prefix` says that it is a generateName. */
export type NameFormat = (name: string, prefix: boolean) => Messages
export const nameIsDNSSubdomain: NameFormat = (name, prefix) =>
  isDNS1123Subdomain(prefix ? maskTrailingDash(name) : name)
export const nameIsDNSLabel: NameFormat = (name, prefix) => isDNS1123Label(prefix ? maskTrailingDash(name) : name)
export const nameIsPathSegment: NameFormat = (name, prefix) =>
  prefix ? isPathSegmentPrefix(name) : isPathSegmentName(name)
