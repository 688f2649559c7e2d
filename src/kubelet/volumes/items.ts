import type { KeyToPath } from '../../api/core/pod/volume-config.ts'
import type { Payload } from './volume.ts'

/** What is asked of an object's keys: which, under what names, and how they are to be read. */
export interface KeySelection {
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
  readonly mode: number
  /** What the object is in messages, as `config` or `secret`. */
  readonly what: string
}

/** The files that an object's keys make. Throws when a key that is asked for is missing and may not be. */
export function selectKeys(data: Readonly<Record<string, Buffer>>, selection: KeySelection): Payload {
  const { items, optional, mode, what } = selection
  if (!items?.length) return new Map(Object.entries(data).map(([key, value]) => [key, { data: value, mode }]))
  const files = new Map<string, { data: Buffer; mode: number }>()
  for (const item of items) {
    const value = data[item.key]
    if (value) files.set(item.path, { data: value, mode: item.mode ?? mode })
    else if (!optional) throw new Error(`references non-existent ${what} key: ${item.key}`)
  }
  return files
}
