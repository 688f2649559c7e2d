import { parseFieldSelector } from '../../apimachinery/fields.ts'
import { type LabelOperator, parseSelector } from '../../apimachinery/labels.ts'
import type { Attributes } from './authorizer.ts'

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}
interface Selection {
  readonly requirements: readonly Requirement[]
}

/** What a SubjectAccessReview asks (authorization/v1 SubjectAccessReviewSpec). */
export interface AccessSpec {
  readonly user: string
  readonly groups: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
  readonly resourceAttributes?: {
    readonly namespace: string
    readonly verb: string
    readonly group: string
    readonly version: string
    readonly resource: string
    readonly subresource: string
    readonly name: string
    readonly fieldSelector?: Selection
    readonly labelSelector?: Selection
  }
  readonly nonResourceAttributes?: { readonly path: string; readonly verb: string }
}

/** The question that a request puts, as it is asked of somebody else (upstream webhook authorizer). */
export function accessSpecOf(attributes: Attributes): AccessSpec {
  const { user, verb, group, version, resource, subresource, namespace, name, path } = attributes
  const who = { user: user.name, groups: user.groups, uid: user.uid, extra: user.extra }
  if (!attributes.isResourceRequest) return { ...who, nonResourceAttributes: { path, verb } }
  const fieldSelector = selectionOf(() => fieldRequirements(attributes.fieldSelector))
  const labelSelector = selectionOf(() => labelRequirements(attributes.labelSelector))
  return {
    ...who,
    resourceAttributes: {
      namespace,
      verb,
      group,
      version,
      resource,
      subresource,
      name,
      ...(fieldSelector && { fieldSelector }),
      ...(labelSelector && { labelSelector }),
    },
  }
}

/** Selectors only narrow a request, so one that cannot be read is left out. */
function selectionOf(read: () => Requirement[]): Selection | undefined {
  try {
    const requirements = read()
    return requirements.length > 0 ? { requirements } : undefined
  } catch {
    return undefined
  }
}

function fieldRequirements(selector = ''): Requirement[] {
  return parseFieldSelector(selector).requirements.map(({ field, operator, value }) => ({
    key: field,
    operator: operator === '=' ? 'In' : 'NotIn',
    values: [value],
  }))
}

const OPERATORS: Partial<Record<LabelOperator, string>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
}

function labelRequirements(selector = ''): Requirement[] {
  return parseSelector(selector).requirements.flatMap(({ key, operator, values }) => {
    const known = OPERATORS[operator]
    return known ? [{ key, operator: known, ...(values.length > 0 && { values }) }] : []
  })
}

/** Without what is empty, as Go writes it. */
export function withoutEmpty({ resourceAttributes, ...spec }: AccessSpec): object {
  const filled = (object: object) =>
    Object.fromEntries(
      Object.entries(object).filter(([, value]) => value !== undefined && value !== '' && value?.length !== 0),
    )
  return { ...filled(spec), ...(resourceAttributes && { resourceAttributes: filled(resourceAttributes) }) }
}
