import { badRequest } from '../../../apimachinery/errors.ts'
import { everyField, type FieldSelector, parseFieldSelector } from '../../../apimachinery/fields.ts'
import { everything, parseSelector, type Selector } from '../../../apimachinery/labels.ts'
import { checkFieldSelector, list as listEntries } from '../../registry/list.ts'
import { respondList } from '../respond.ts'
import { checkListOptions } from './list-options.ts'
import { negotiated, type Scope } from './scope.ts'

/** GET of a collection. */
export async function list(scope: Scope): Promise<void> {
  const { exchange, info, resource, clock } = scope
  const form = negotiated(scope)
  const { query } = exchange
  checkListOptions(query)
  const limit = query.int('limit')
  if (limit !== undefined && limit < 0) throw badRequest('limit: Invalid value: must be greater than or equal to 0')
  const result = await listEntries(resource, info.namespace, {
    ...selectorsOf(scope),
    limit,
    continue: query.string('continue') || undefined,
    resourceVersion: query.string('resourceVersion'),
    resourceVersionMatch: query.string('resourceVersionMatch') || undefined,
  })
  await respondList(exchange, resource, result, form, clock.now())
}

/** The selectors of a collection request. A name in the path (an old-style watch of one object) selects it too. */
export function selectorsOf({ exchange, info, resource }: Scope): { labels: Selector; fields: FieldSelector } {
  const labelText = exchange.query.string('labelSelector')
  const fieldText = [exchange.query.string('fieldSelector'), info.name && `metadata.name=${info.name}`]
    .filter(Boolean)
    .join(',')
  const labels = labelText ? parsed(() => parseSelector(labelText)) : everything
  const fields = fieldText ? parsed(() => parseFieldSelector(fieldText)) : everyField
  checkFieldSelector(resource, fields)
  return { labels, fields }
}

function parsed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}
