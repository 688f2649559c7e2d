import type { At } from '../../../apimachinery/validation/at.ts'

/** From lax to strict. */
export const LEVELS = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof LEVELS)[number]

/** A level as it is in a minor version of Kubernetes; `latest` is Infinity. */
export interface LevelVersion {
  readonly level: Level
  readonly minor: number
}

/** What a namespace asks for: what is refused, what is noted for audits, what users are warned of. */
export interface Policy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

const LABEL = 'pod-security.kubernetes.io/'
const LATEST = Number.POSITIVE_INFINITY
const ANYTHING: LevelVersion = { level: 'privileged', minor: LATEST }

export const isStricter = (a: Level, b: Level): boolean => LEVELS.indexOf(a) > LEVELS.indexOf(b)

/** `restricted:v1.30`. */
export const textOf = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === LATEST ? 'latest' : `v1.${minor}`}`

/**
 * The policy that a namespace's labels state. Wrong labels are told to `at`; a wrong level to enforce is the strictest, one to
 * warn of or to audit the laxest.
 */
export function policyOf(labels: Readonly<Record<string, string>> | undefined, at?: At): Policy {
  const mode = (name: string, fallback: Level): LevelVersion => {
    if (labels === undefined) return ANYTHING
    const level = labels[LABEL + name]
    const version = labels[`${LABEL}${name}-version`]
    const known = LEVELS.find(one => one === level)
    const wrong = (label: string, value: string, why: string) => at?.key(label).invalid(value, why)
    if (level !== undefined && !known) wrong(LABEL + name, level, `must be one of ${LEVELS.join(', ')}`)
    const match = version === undefined || version === 'latest' ? undefined : /^v1\.(0|[1-9]\d*)$/.exec(version)
    if (match === null) wrong(`${LABEL}${name}-version`, version!, 'must be "latest" or "v1.x"')
    return {
      level: level === undefined ? 'privileged' : (known ?? fallback),
      minor: match ? Number(match[1]) : LATEST,
    }
  }
  return {
    enforce: mode('enforce', 'restricted'),
    audit: mode('audit', 'privileged'),
    warn: mode('warn', 'privileged'),
  }
}
