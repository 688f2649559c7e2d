import { invalid } from '../../apimachinery/errors.ts'
import { own } from '../../apimachinery/own.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { validateFieldManager } from '../../apimachinery/validation/object-meta.ts'
import type { AuditRecord } from '../audit/record.ts'
import type { FieldValidation, Query, RequestContext, UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'

const OPTIONS: Record<string, string> = { POST: 'CreateOptions', PUT: 'UpdateOptions', PATCH: 'PatchOptions' }
const FIELD_VALIDATIONS = ['', 'Ignore', 'Warn', 'Strict']

/** What a dry run may be asked for with (apimachinery ValidateDryRun). */
export function validateDryRun(given: readonly string[], at: At): void {
  if (given.some(value => value !== 'All')) at.notSupported(given, ['All'])
}

/** The context of a request by its query and headers. Throws 422 for values that are not offered. */
export function contextOf(
  method: string,
  query: Query,
  headers: Exchange['headers'],
  user: UserInfo,
  warn: (text: string) => void,
  signal: AbortSignal,
  audit?: AuditRecord,
): RequestContext {
  const dryRun = query.all('dryRun')
  const validation = query.string('fieldValidation')
  const fieldManager = query.string('fieldManager')
  const options = own(OPTIONS, method)
  if (options) {
    const at = new At()
    if (fieldManager) validateFieldManager(fieldManager, at.child('fieldManager'))
    validateDryRun(dryRun, at.child('dryRun'))
    if (!FIELD_VALIDATIONS.includes(validation)) at.child('fieldValidation').notSupported(validation, FIELD_VALIDATIONS)
    if (at.errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: options }, '', at.errors)
  }
  return {
    user,
    fieldManager: fieldManager || managerOf(headers['user-agent'], headers['content-type']),
    dryRun: dryRun.length > 0,
    fieldValidation: (validation || 'Warn') as FieldValidation,
    warn,
    signal,
    ...(audit && { audit }),
  }
}

/** Without a fieldManager parameter the user agent's first word names the manager; apply requires the parameter. */
function managerOf(userAgent = '', contentType = ''): string {
  if (contentType.startsWith('application/apply-patch')) return ''
  return (
    userAgent
      .split('/', 1)[0]!
      .replace(/[^\x20-\x7e]/g, '')
      .slice(0, 128) || 'unknown'
  )
}
