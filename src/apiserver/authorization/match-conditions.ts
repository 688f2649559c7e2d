import {
  compile,
  EvaluationError,
  kubernetesFunctions,
  type Program,
  type Shape,
  toValue,
} from '../../apimachinery/cel/index.ts'
import type { AccessSpec } from './access-spec.ts'

/** The conditions on which an authorization webhook is asked (upstream authorization/cel). */

const TEXT: Shape = { kind: 'string' }
const TEXTS: Shape = { kind: 'list', item: TEXT }
const object = (name: string, fields: Readonly<Record<string, Shape>>): Shape => ({
  kind: 'object',
  name: `kubernetes.${name}`,
  fields: new Map(Object.entries(fields).map(([json, shape]) => [json, { json, shape }])),
})
const requirements: Shape = {
  kind: 'list',
  item: object('SelectorRequirement', { key: TEXT, operator: TEXT, values: TEXTS }),
}
const SPEC = object('SubjectAccessReviewSpec', {
  resourceAttributes: object('ResourceAttributes', {
    namespace: TEXT,
    verb: TEXT,
    group: TEXT,
    version: TEXT,
    resource: TEXT,
    subresource: TEXT,
    name: TEXT,
    fieldSelector: object('FieldSelectorAttributes', { rawSelector: TEXT, requirements }),
    labelSelector: object('LabelSelectorAttributes', { rawSelector: TEXT, requirements }),
  }),
  nonResourceAttributes: object('NonResourceAttributes', { path: TEXT, verb: TEXT }),
  user: TEXT,
  groups: TEXTS,
  extra: { kind: 'map', item: TEXTS },
  uid: TEXT,
})
const ENVIRONMENT = { variables: { request: { shape: SPEC } }, functions: kubernetesFunctions }

/** Throws CompileError. */
export const compileMatchCondition = (expression: string): Program => compile(expression, ENVIRONMENT)

/** Whether all conditions hold. One that does not outweighs those that fail; otherwise throws Error. */
export function allHold(
  conditions: readonly { readonly expression: string; readonly program: Program }[],
  spec: AccessSpec,
): boolean {
  const request = toValue({ uid: '', extra: {}, ...spec }, SPEC)
  const failures: string[] = []
  for (const { expression, program } of conditions) {
    try {
      if (program.evaluate({ request }).value !== true) return false
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      failures.push(`cel evaluation error: expression '${expression}' resulted in error: ${error.message}`)
    }
  }
  if (failures.length > 0) throw new Error(failures.length > 1 ? `[${failures.join(', ')}]` : failures[0])
  return true
}
