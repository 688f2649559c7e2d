import { methodNotAllowed } from '../../../apimachinery/errors.ts'
import type { ApiServer } from '../../apiserver.ts'
import { create as createObject } from '../../registry/create.ts'
import { reviewOf } from '../../reviews/index.ts'
import { respondEntry, respondJson } from '../respond.ts'
import { negotiated, readObject, type Scope } from './scope.ts'

/** POST to a collection. */
export async function create(scope: Scope, server: ApiServer): Promise<void> {
  const { exchange, info, resource, context, clock } = scope
  const form = negotiated(scope)
  const body = await readObject(scope, resource.kind)
  const object = resource.decode(body.value, context, body.duplicates)
  if (resource.kind.virtual) {
    const review = reviewOf(resource.kind.plural)
    if (!review) throw methodNotAllowed(resource.kind, 'create')
    respondJson(exchange, 201, await review.answer(server, object, info.namespace, context), form)
    return
  }
  const entry = await createObject(resource, info.namespace, object, context)
  respondEntry(exchange, resource, entry, form, clock.now(), 201)
}
