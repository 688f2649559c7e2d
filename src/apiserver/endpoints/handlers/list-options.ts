import { invalid } from '../../../apimachinery/errors.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import type { Query } from '../../request.ts'

const FIELD = 'resourceVersionMatch'

/**
 * Checks the options of a request about a collection (apimachinery meta/internalversion/validation). Throws 400 for what is
 * no number, 422 for options that do not go together.
 */
export function checkListOptions(query: Query): void {
  query.int('timeoutSeconds')
  query.int('limit')
  const at = new At()
  if (query.bool('watch')) checkWatch(query, at)
  else checkList(query, at)
  if (at.errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', at.errors)
}

function checkList(query: Query, at: At): void {
  const [match, version] = [query.string(FIELD), query.string('resourceVersion')]
  const field = at.child(FIELD)
  if (match) {
    if (!version) field.forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided')
    refuseContinue(query, field)
    if (match !== 'Exact' && match !== 'NotOlderThan') unsupported(field, match, ['Exact', 'NotOlderThan', ''])
    if (match === 'Exact' && version === '0')
      field.forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  }
  if (query.has('sendInitialEvents')) at.child('sendInitialEvents').forbidden('sendInitialEvents is forbidden for list')
}

function checkWatch(query: Query, at: At): void {
  const match = query.string(FIELD)
  const initial = query.has('sendInitialEvents')
  const field = at.child(FIELD)
  if (initial && match !== 'NotOlderThan')
    field.forbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  if (!match) return
  if (!initial) field.forbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  if (match !== 'NotOlderThan') unsupported(field, match, ['NotOlderThan'])
  refuseContinue(query, field)
}

function refuseContinue(query: Query, field: At): void {
  if (query.string('continue')) field.forbidden('resourceVersionMatch is forbidden when continue is provided')
}

/** In upstream's order, which is not the alphabet's. */
function unsupported(field: At, value: string, supported: readonly string[]): void {
  const values = supported.map(one => JSON.stringify(one)).join(', ')
  field.add('FieldValueNotSupported', `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`)
}
