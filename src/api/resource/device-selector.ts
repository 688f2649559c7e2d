import {
  CompileError,
  compile,
  type Environment,
  EvaluationError,
  isDyn,
  kubernetesFunctions,
  type Program,
  type Shape,
  showType,
} from '../../apimachinery/cel/index.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { DEVICE_TYPE, type DeviceFacts, deviceValue } from './device-value.ts'

/** What a selector may cost, reckoned beforehand and while it is evaluated (resource API CELSelectorExpressionMaxCost). */
const MAX_COST = 1_000_000
const MAX_EXPRESSION_BYTES = 10 * 1024

/** Most attributes or capacities that a device has, and the longest of their names and values. */
const MAX_ENTRIES = 32
const MAX_VALUE_LENGTH = 64
const MAX_DRIVER_LENGTH = 63

const byDomain = (item: Shape): Shape => ({
  kind: 'map',
  maxSize: MAX_ENTRIES,
  item: { kind: 'map', maxSize: MAX_ENTRIES, item },
})
const fields: Readonly<Record<string, Shape>> = {
  driver: { kind: 'string', maxSize: MAX_DRIVER_LENGTH },
  attributes: byDomain({ kind: 'dyn', maxSize: MAX_VALUE_LENGTH }),
  capacity: byDomain({ kind: 'opaque', name: 'kubernetes.Quantity' }),
  allowMultipleAllocations: { kind: 'bool' },
}
const device: Shape = {
  kind: 'object',
  name: DEVICE_TYPE,
  fields: new Map(Object.entries(fields).map(([json, shape]) => [json, { json, shape }])),
}
const environment: Environment = {
  variables: { device: { shape: device } },
  functions: kubernetesFunctions,
  bindings: true,
}

/** Tells `at` what is wrong with a selector, after upstream's validateCELSelector. */
export function checkSelector(expression: string, at: At): void {
  // Of what is missing or too long the fields' own rules tell.
  if (!expression || Buffer.byteLength(expression) > MAX_EXPRESSION_BYTES) return
  try {
    const { type, estimate } = compile(expression, environment)
    const shown = showType(type)
    if (shown !== 'bool' && !isDyn(type)) {
      at.invalid(expression, `must evaluate to bool or the unknown type, not ${shown}`)
    } else if (estimate().max > MAX_COST) {
      at.forbidden('too complex, exceeds cost limit')
    }
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    at.invalid(expression, `compilation failed: ${error.message}`)
  }
}

/** A selector, ready to be asked about devices. */
export interface CompiledSelector {
  /** Throws EvaluationError where it cannot be told, as when an attribute is missing that is asked for. */
  matches(device: DeviceFacts): boolean
}

/** Compiles a selector (upstream dynamic-resource-allocation/cel). Throws CompileError. */
export function compileSelector(expression: string): CompiledSelector {
  const program: Program = compile(expression, environment)
  return {
    matches(facts) {
      const { value } = program.evaluate({ device: deviceValue(facts) }, MAX_COST)
      if (typeof value !== 'boolean') throw new EvaluationError('CEL result could not be converted to bool')
      return value
    },
  }
}
