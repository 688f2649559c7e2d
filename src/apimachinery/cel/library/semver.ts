import { EvaluationError } from '../errors.ts'
import { type Declaration, declare } from '../functions.ts'
import { OpaqueValue } from '../values.ts'

const PART = '(0|[1-9]\\d*)'
const IDS = '((?:[0-9A-Za-z-]+)(?:\\.[0-9A-Za-z-]+)*)'
const VERSION = new RegExp(`^${PART}\\.${PART}\\.${PART}(?:-${IDS})?(?:\\+${IDS})?$`)

/** A semantic version, by semver.org. The constructor throws EvaluationError where the text is none. */
export class Semver extends OpaqueValue {
  readonly type = 'kubernetes.Semver'
  readonly numbers: readonly bigint[]
  readonly pre: readonly string[]

  constructor(text: string) {
    super()
    const match = VERSION.exec(text)
    const pre = match?.[4]?.split('.') ?? []
    if (!match || pre.some(id => /^0\d+$/.test(id))) throw new EvaluationError(`Invalid semantic version: ${text}`)
    this.numbers = match.slice(1, 4).map(BigInt)
    this.pre = pre
  }
  equals(other: Semver): boolean {
    return compareSemver(this, other) === 0
  }
}

/** By semver.org's precedence: builds do not count, and what comes before a release is less than it. */
export function compareSemver(a: Semver, b: Semver): -1 | 0 | 1 {
  for (let i = 0; i < 3; i++) {
    if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! < b.numbers[i]! ? -1 : 1
  }
  if (a.pre.length === 0 || b.pre.length === 0) {
    return a.pre.length === b.pre.length ? 0 : a.pre.length > 0 ? -1 : 1
  }
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const order = compareIds(a.pre[i]!, b.pre[i]!)
    if (order !== 0) return order
  }
  return a.pre.length === b.pre.length ? 0 : a.pre.length < b.pre.length ? -1 : 1
}

function compareIds(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (x && y) return BigInt(a) < BigInt(b) ? -1 : 1
  if (x !== y) return x ? -1 : 1
  return a < b ? -1 : 1
}

/** A version as people write it: `v1.2`, ` 01.2.3` (blang/semver's ParseTolerant). */
function tolerant(text: string): string {
  const trimmed = text.trim().replace(/^v/, '')
  const [core = '', ...rest] = trimmed.split(/(?=[-+])/)
  const numbers = core.split('.').map(part => part.replace(/^0+(?=\d)/, ''))
  if (numbers.length < 3 && rest.length > 0) {
    throw new EvaluationError('short version cannot contain PreRelease/Build meta data')
  }
  while (numbers.length < 3) numbers.push('0')
  return numbers.join('.') + rest.join('')
}

const parse = (text: string, normalize = false) => new Semver(normalize ? tolerant(text) : text)

function isSemver(text: string, normalize = false): boolean {
  try {
    parse(text, normalize)
    return true
  } catch {
    return false
  }
}

const S = 'kubernetes.Semver'

/** Semantic versions (apiserver cel/library/semverlib.go, version 1). */
export const SEMVER: readonly Declaration[] = [
  declare('semver', parse, `string_to_semver: (string) ${S}`, `string_bool_to_semver: (string, bool) ${S}`),
  declare('isSemver', isSemver, 'is_semver_string: (string) bool', 'is_semver_string_bool: (string, bool) bool'),
  declare(
    'isGreaterThan',
    (a: Semver, b: Semver) => compareSemver(a, b) > 0,
    `semver_is_greater_than: ${S}.(${S}) bool`,
  ),
  declare('isLessThan', (a: Semver, b: Semver) => compareSemver(a, b) < 0, `semver_is_less_than: ${S}.(${S}) bool`),
  declare('compareTo', (a: Semver, b: Semver) => BigInt(compareSemver(a, b)), `semver_compare_to: ${S}.(${S}) int`),
  declare('major', (version: Semver) => version.numbers[0]!, `semver_major: ${S}.() int`),
  declare('minor', (version: Semver) => version.numbers[1]!, `semver_minor: ${S}.() int`),
  declare('patch', (version: Semver) => version.numbers[2]!, `semver_patch: ${S}.() int`),
]
