import { badRequest, invalid, StatusError } from '../../../apimachinery/errors.ts'
import { deleteOptions } from '../../../apimachinery/meta/options.ts'
import { DecodeError, decode } from '../../../apimachinery/schema/decode.ts'
import { decodeProtobufMessage } from '../../../apimachinery/schema/protobuf.ts'
import type { Message } from '../../../apimachinery/schema/types.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import { type DeleteOptions, deleteObject } from '../../registry/delete.ts'
import { list } from '../../registry/list.ts'
import type { RequestContext } from '../../request.ts'
import type { Exchange } from '../../server/exchange.ts'
import { CONTENT_TYPES, mediaType } from '../negotiate.ts'
import { validateDryRun } from '../request-context.ts'
import { respondEntry, respondJson, respondList } from '../respond.ts'
import { selectorsOf } from './list.ts'
import { checkListOptions } from './list-options.ts'
import { MAX_BODY_BYTES, negotiated, parseObject, type Scope } from './scope.ts'

/** Kinds whose deletion answers with the object instead of a Status (upstream's ReturnDeletedObject). */
const RETURNS_OBJECT = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'podtemplates',
  'resourcequotas',
  'persistentvolumes',
  'persistentvolumeclaims',
])

const POLICIES = ['Foreground', 'Background', 'Orphan']

/** DELETE of one object. */
export async function remove(scope: Scope): Promise<void> {
  const { exchange, info, resource, context, clock } = scope
  const form = negotiated(scope)
  const options = await readDeleteOptions(scope)
  const result = await deleteObject(resource, info.namespace, info.name, options, contextFor(options, context))
  if (!result.removed || RETURNS_OBJECT.has(resource.kind.plural)) {
    respondEntry(exchange, resource, result.entry, form, clock.now(), 200)
    return
  }
  const { group, plural } = resource.kind
  const details = { name: info.name, ...(group && { group }), kind: plural, uid: result.entry.object.metadata.uid }
  respondJson(exchange, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, form)
}

/** DELETE of a collection: every object that the selectors choose. */
export async function removeCollection(scope: Scope): Promise<void> {
  const { exchange, info, resource, clock } = scope
  const form = negotiated(scope)
  checkListOptions(exchange.query)
  const options = await readDeleteOptions(scope)
  const context = contextFor(options, scope.context)
  const { query } = exchange
  const chosen = await list(resource, info.namespace, {
    ...selectorsOf(scope),
    limit: query.int('limit'),
    continue: query.string('continue') || undefined,
  })
  await Promise.all(
    chosen.entries.map(async entry => {
      const { namespace = '', name = '' } = entry.object.metadata
      await deleteObject(resource, namespace, name, options, context).catch(error => {
        if (error.reason !== 'NotFound') throw error
      })
    }),
  )
  await respondList(exchange, resource, chosen, form, clock.now())
}

/** DeleteOptions from the body, or else from the query. Throws 400. */
async function readDeleteOptions({ exchange, context }: Scope): Promise<DeleteOptions> {
  const bytes = await exchange.body(MAX_BODY_BYTES)
  const options = bytes.length > 0 ? fromBody(bytes, exchange, context) : fromQuery(exchange)
  checkDeleteOptions(options)
  return options
}

/** As apimachinery meta/v1/validation ValidateDeleteOptions. Throws 422. */
function checkDeleteOptions({ propagationPolicy, orphanDependents, dryRun = [] }: DeleteOptions): void {
  const at = new At()
  const policy = at.child('propagationPolicy')
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    policy.invalid(propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set')
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    const supported = [...POLICIES, 'nil'].map(one => JSON.stringify(one)).join(', ')
    const given = JSON.stringify(propagationPolicy)
    policy.add('FieldValueNotSupported', `Unsupported value: ${given}: supported values: ${supported}`)
  }
  validateDryRun(dryRun, at.child('dryRun'))
  if (at.errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', at.errors)
}

function fromBody(bytes: Buffer, exchange: Exchange, context: Scope['context']): DeleteOptions {
  const type = mediaType(exchange.headers['content-type'])
  try {
    const { value } =
      type === CONTENT_TYPES.protobuf
        ? { value: fromProtobuf(bytes, context) }
        : parseObject(bytes, type, undefined, context)
    return decode(deleteOptions, value)
  } catch (error) {
    if (error instanceof StatusError) throw error
    const what = 'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: '
    throw badRequest(`${error instanceof DecodeError ? what : ''}${(error as Error).message}`)
  }
}

function fromProtobuf(bytes: Buffer, context: RequestContext): object {
  const value = decodeProtobufMessage(deleteOptions as unknown as Message, bytes)
  context.audit?.requestObject({ kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...value })
  return value
}

/** A dry run may be asked for in the body, too. */
export const contextFor = ({ dryRun }: DeleteOptions, context: RequestContext): RequestContext =>
  dryRun?.length ? { ...context, dryRun: true } : context

function fromQuery({ query }: Exchange): DeleteOptions {
  return {
    gracePeriodSeconds: query.int('gracePeriodSeconds'),
    propagationPolicy: query.string('propagationPolicy') || undefined,
    dryRun: query.has('dryRun') ? query.all('dryRun') : undefined,
    orphanDependents: query.has('orphanDependents') ? query.bool('orphanDependents') : undefined,
  }
}
