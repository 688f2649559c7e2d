import { badRequest, invalid } from '../../apimachinery/errors.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { validateFieldManager } from '../../apimachinery/validation/object-meta.ts'
import type { AuditRecord } from '../audit/record.ts'
import type { FieldValidation, Query, RequestContext, UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'

const OPTIONS: Record<string, string> = { POST: 'CreateOptions', PUT: 'UpdateOptions', PATCH: 'PatchOptions' }
const FIELD_VALIDATIONS = ['Ignore', 'Warn', 'Strict']

/** The context of a request by its query and headers. Throws 400 for values that are not offered. */
export function contextOf(
  method: string,
  query: Query,
  headers: Exchange['headers'],
  user: UserInfo,
  warn: (text: string) => void,
  signal: AbortSignal,
  audit?: AuditRecord,
): RequestContext {
  const dryRun = query.all('dryRun').filter(Boolean)
  if (dryRun.some(value => value !== 'All')) {
    throw badRequest(`Invalid value: ${JSON.stringify(dryRun)}: Unsupported value: supported values: "All"`)
  }
  const validation = query.string('fieldValidation') || 'Warn'
  if (!FIELD_VALIDATIONS.includes(validation)) {
    throw badRequest(
      `fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`,
    )
  }
  const fieldManager = query.string('fieldManager')
  const at = new At()
  if (fieldManager) validateFieldManager(fieldManager, at.child('fieldManager'))
  if (at.errors.length > 0)
    throw invalid({ group: 'meta.k8s.io', kind: OPTIONS[method] ?? 'UpdateOptions' }, '', at.errors)
  return {
    user,
    fieldManager: fieldManager || managerOf(headers['user-agent'], headers['content-type']),
    dryRun: dryRun.length > 0,
    fieldValidation: validation as FieldValidation,
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
