import { badRequest } from '../apimachinery/errors.ts'
import type { AuditRecord } from './audit/record.ts'

/** Who makes a request, as authentication found out (authentication/v1 UserInfo). */
export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** What the handlers of one request share. */
export interface RequestContext {
  readonly user: UserInfo
  /** Who the changed fields will belong to. */
  readonly fieldManager: string
  readonly dryRun: boolean
  readonly fieldValidation: FieldValidation
  /** Adds a Warning header to the answer. */
  readonly warn: (text: string) => void
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal
  /** Where the request is recorded, if it is. */
  readonly audit?: AuditRecord
}

/** Query parameters that every reading or writing handler may look at. */
export class Query {
  readonly #params: URLSearchParams

  /** The query as it was sent, without the question mark. */
  readonly search: string

  constructor(search: string) {
    this.search = search
    this.#params = new URLSearchParams(search)
  }
  string(name: string): string {
    return this.#params.get(name) ?? ''
  }
  has(name: string): boolean {
    return this.#params.has(name)
  }
  all(name: string): string[] {
    return this.#params.getAll(name)
  }
  /** As Go's strconv.ParseBool through upstream's query decoding: present and not "false" or "0" is true. */
  bool(name: string): boolean {
    const value = this.#params.get(name)
    return value !== null && value.toLowerCase() !== 'false' && value !== '0'
  }
  /** As Go's strconv.ParseInt reads it; undefined where the parameter is not given. Throws 400. */
  int(name: string): number | undefined {
    const value = this.#params.get(name)
    if (value === null) return undefined
    const refuse = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`)
    if (!/^[+-]?\d+$/.test(value)) throw refuse('invalid syntax')
    if (BigInt.asIntN(64, BigInt(value.replace('+', ''))) !== BigInt(value.replace('+', '')))
      throw refuse('value out of range')
    return Number(value)
  }
}
