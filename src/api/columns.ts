import { humanDuration } from '../apimachinery/duration.ts'
import type { Column, KubeObject } from '../apimachinery/schema/kind.ts'

type Cell = string | number | boolean | null

/** How long ago an RFC 3339 time was, as kubectl shows it; `<unknown>` when there is no time. `now` in ms. */
export function since(time: string | null | undefined, now: number): string {
  return time ? humanDuration(now - Date.parse(time)) : '<unknown>'
}

/** A text column that `kubectl get` always shows. */
export const column = <T>(name: string, cell: (object: T, now: number) => Cell, doc: string): Column<T> => ({
  name,
  type: 'string',
  priority: 0,
  doc,
  cell,
})

/** A text column that only `-o wide` shows. */
export const wide = <T>(name: string, cell: (object: T, now: number) => Cell, doc: string): Column<T> => ({
  ...column(name, cell, doc),
  priority: 1,
})

/** A column of whole numbers. */
export const count = <T>(name: string, cell: (object: T) => number, doc: string): Column<T> => ({
  ...column(name, cell, doc),
  type: 'integer',
})

/** A column of yes or no. */
export const flag = <T>(name: string, cell: (object: T) => boolean, doc: string): Column<T> => ({
  ...column(name, cell, doc),
  type: 'boolean',
})

/** How old the object is. */
export const age: Column<KubeObject> = column(
  'Age',
  (object, now) => since(object.metadata.creationTimestamp, now),
  'Time since the object was created.',
)

/** When the object was created, for kinds that upstream has no table for. */
export const createdAt: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  priority: 0,
  doc: 'When the object was created.',
  cell: object => object.metadata.creationTimestamp ?? null,
}

interface Named {
  readonly name: string
  readonly image?: string
}
const joined = (values: readonly string[]) => values.join(',')

/** Names of the containers of a pod template. */
export const containers = <T>(of: (object: T) => readonly Named[] | undefined): Column<T> =>
  wide('Containers', object => joined((of(object) ?? []).map(({ name }) => name)), 'Names of the containers.')

/** Images of the containers of a pod template. */
export const images = <T>(of: (object: T) => readonly Named[] | undefined): Column<T> =>
  wide('Images', object => joined((of(object) ?? []).map(({ image }) => image ?? '')), 'Images of the containers.')
