import { CORE_SCHEMA, defineScalarTag, dump, load, loadAll, mergeTag, NOT_RESOLVED, YAMLException } from 'js-yaml'
import { MAX_DEPTH } from './json.ts'

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'])
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'])

/** Booleans, integers and floats as sigs.k8s.io/yaml (go-yaml v2) reads plain words: `yes` is true, `0644` octal. */
const bool = defineScalarTag('tag:yaml.org,2002:bool', {
  implicit: true,
  implicitFirstChars: [...'yYnNtTfFoO'],
  resolve: text => (TRUE.has(text) ? true : FALSE.has(text) ? false : NOT_RESOLVED),
  identify: value => typeof value === 'boolean',
})

const INTEGER = /^[-+]?(0b[01_]+|0o?[0-7_]*|0x[\da-fA-F_]+|[1-9][\d_]*)$/

const int = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: [...'-+0123456789'],
  resolve: text => {
    if (!INTEGER.test(text)) return NOT_RESOLVED
    const negative = text.startsWith('-')
    let digits = text.replace(/^[-+]/, '').replaceAll('_', '')
    if (/^0[0-7]+$/.test(digits)) digits = `0o${digits.slice(1)}`
    const value = Number(digits)
    return Number.isNaN(value) ? NOT_RESOLVED : negative ? -value : value
  },
  identify: value => Number.isInteger(value),
})

const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/

const float = defineScalarTag('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: [...'-+.0123456789'],
  resolve: text => (FLOAT.test(text) ? Number(text) : NOT_RESOLVED),
  identify: value => typeof value === 'number' && !Number.isInteger(value),
})

const schema = CORE_SCHEMA.withTags(bool, int, float, mergeTag)
/** Nesting and aliases beyond these are an attack, not a manifest. */
const LIMITS = { schema, maxDepth: MAX_DEPTH, maxAliases: 1000 }
/** Most nodes a document may have once its aliases are followed. */
const MAX_NODES = 1_000_000

/**
 * One YAML document (JSON included) as kubectl and the API server read it. Keys that stand twice go to `onDuplicate`,
 * the last one wins; without it they are an error. Throws Error.
 */
export function parseYaml(text: string, onDuplicate?: (key: string) => void): unknown {
  try {
    return checked(load(text, LIMITS))
  } catch (error) {
    const duplicate = error instanceof YAMLException && error.reason.startsWith('duplicated mapping key')
    if (!duplicate || !onDuplicate) throw worded(error)
    onDuplicate(keyAt(text, error.mark?.position ?? 0))
    return checked(load(text, { ...LIMITS, json: true }))
  }
}

/** Every document of a stream; empty ones are left out. */
export function parseYamlDocuments(text: string): unknown[] {
  try {
    return loadAll(text, LIMITS)
      .filter(document => document !== null && document !== undefined)
      .map(checked)
  } catch (error) {
    throw worded(error)
  }
}

/** A value as YAML, in the order of its keys. */
export function formatYaml(value: unknown): string {
  return dump(value, { lineWidth: -1 })
}

function keyAt(text: string, position: number): string {
  return /^[^\s:]*/.exec(text.slice(position))?.[0] ?? ''
}

function worded(error: unknown): Error {
  if (!(error instanceof YAMLException)) return error as Error
  const line = error.mark ? `line ${error.mark.line + 1}: ` : ''
  return new Error(`yaml: ${line}${error.reason}`)
}

/** Follows aliases no further than a manifest needs: a few lines of YAML can stand for billions of nodes. */
function checked<T>(value: T): T {
  let nodes = 0
  const visit = (node: unknown) => {
    if (++nodes > MAX_NODES) throw new Error('yaml: document contains excessive aliasing')
    if (typeof node === 'object' && node !== null) for (const child of Object.values(node)) visit(child)
  }
  visit(value)
  return value
}
