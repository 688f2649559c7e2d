import { StatusError } from '../../apimachinery/errors.ts'
import { pathOf } from '../../client/http-transport.ts'
import type { ClientRequest, WatchRequest } from '../../client/transport.ts'
import type { ApiServer } from '../apiserver.ts'
import type { UserInfo } from '../request.ts'
import { statusFields } from './audited-exchange.ts'
import type { AuditRecord } from './record.ts'

/** Runs a request of a client inside the process, recording it where that is asked for. */
export async function recorded<T>(
  server: ApiServer,
  user: UserInfo,
  request: ClientRequest | (WatchRequest & { verb: 'watch' }),
  run: (record: AuditRecord | undefined) => Promise<T>,
): Promise<T> {
  const record = server.auditor && begin(server, user, request)
  if (!record) return run(undefined)
  try {
    const answer = await run(record)
    record.responseStatus({ metadata: {}, code: request.verb === 'create' ? 201 : 200 })
    if (record.wantsResponse) record.responseObject(answer)
    return answer
  } catch (error) {
    if (error instanceof StatusError) record.responseStatus(statusFields(error.status, error.code))
    throw error
  } finally {
    record.complete()
  }
}

function begin(
  { auditor, clock, random }: ApiServer,
  user: UserInfo,
  request: ClientRequest | (WatchRequest & { verb: 'watch' }),
): AuditRecord | undefined {
  const { verb, kind, namespace = '', options } = request
  const { name = '', subresource = '', body } = request as ClientRequest
  const watch = verb === 'watch'
  const record = auditor!.begin({
    auditId: random.uuid(),
    uri: pathOf({ kind, namespace, name, subresource }, watch ? { ...options, watch } : options),
    info: {
      isResourceRequest: true,
      path: '',
      verb,
      group: kind.group,
      version: kind.version,
      namespace,
      resource: kind.plural,
      subresource,
      name,
    },
    user,
    sourceIPs: ['127.0.0.1'],
    userAgent: 'tsukube',
    received: clock.now(),
    longRunning: watch,
  })
  if (verb === 'patch') record?.requestPatch(body)
  else if (body) record?.requestObject(body)
  return record
}
