import type { KeyValue } from './store.ts'

/** All kept changes of one key, oldest first. */
export interface History {
  readonly key: string
  readonly changes: Change[]
}

/** What `Change` is made of. */
export interface ChangeFields {
  modRevision: number
  /** Place within its transaction, so that (modRevision, order) names one change. */
  order: number
  createRevision: number
  /** 0 marks a deletion. */
  version: number
  /** Bytes of the value. */
  size: number
  /** CRC-32 of the value as a signed integer, where the backend keeps values elsewhere; otherwise 0. */
  checksum: number
  value: Uint8Array | undefined
}

/** One change of one key at one revision: a put, or a deletion. */
export class Change {
  readonly history: History
  readonly modRevision: number
  readonly order: number
  readonly createRevision: number
  readonly version: number
  readonly size: number
  readonly checksum: number
  /** The bytes put, while they are in memory. */
  value: Uint8Array | undefined
  /** First revision at which a reader no longer sees this change; 0 while it is the key's newest value. */
  obsoleteAt = 0

  constructor(history: History, fields: ChangeFields) {
    this.history = history
    this.modRevision = fields.modRevision
    this.order = fields.order
    this.createRevision = fields.createRevision
    this.version = fields.version
    this.size = fields.size
    this.checksum = fields.checksum
    this.value = fields.value
  }

  get key(): string {
    return this.history.key
  }

  get deleted(): boolean {
    return this.version === 0
  }

  /** The change of the same key just before this one, if it is kept and was no deletion. */
  get previous(): Change | undefined {
    const changes = this.history.changes
    const before = changes[changes.lastIndexOf(this) - 1]
    return before?.deleted ? undefined : before
  }

  toKeyValue(value: Uint8Array): KeyValue {
    return {
      key: this.history.key,
      value,
      createRevision: this.createRevision,
      modRevision: this.modRevision,
      version: this.version,
    }
  }
}
