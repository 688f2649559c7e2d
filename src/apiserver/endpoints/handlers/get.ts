import { notFound } from '../../../apimachinery/errors.ts'
import { entryOf } from '../../registry/computed.ts'
import { parseRevision, tooLarge } from '../../registry/list.ts'
import { respondEntry } from '../respond.ts'
import { negotiated, type Scope } from './scope.ts'

/** GET of one object. */
export async function get(scope: Scope): Promise<void> {
  const { exchange, info, resource, clock } = scope
  const form = negotiated(scope)
  const entry = await entryOf(resource, info.namespace, info.name)
  const wanted = exchange.query.string('resourceVersion')
  if (wanted && wanted !== '0') {
    const revision = parseRevision(wanted)
    if (revision > resource.deps.feed.revision) throw tooLarge(revision, resource.deps.feed.revision)
  }
  if (!entry) throw notFound(resource.kind, info.name)
  await resource.ready([entry])
  respondEntry(exchange, resource, entry, form, clock.now())
}
