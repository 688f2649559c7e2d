import { humanDuration } from '../../apimachinery/duration.ts'
import type { Column, Kind, KubeObject } from '../../apimachinery/schema/kind.ts'

const NAME_DOC = 'The object’s name.'

/** The age column that kinds without columns of their own have. */
const AGE: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  doc: 'Time since the object was created.',
  priority: 0,
  cell: (object, now) => {
    const created = object.metadata.creationTimestamp
    return created ? humanDuration(now - Date.parse(created)) : '<unknown>'
  },
}

const columnsOf = (kind: Kind): readonly Column<KubeObject>[] => kind.columns ?? [AGE]

export interface TableOptions {
  /** What each row carries besides its cells. */
  readonly includeObject: 'Metadata' | 'Object' | 'None'
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Leave the column definitions out, as watch events after the first do. */
  readonly noHeaders?: boolean
}

/** Objects as `kubectl get` shows them: a metav1.Table. */
export function tableOf(kind: Kind, objects: readonly KubeObject[], metadata: object, options: TableOptions): object {
  const columns = columnsOf(kind)
  const named = kind.nameColumn === false
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: options.noHeaders
      ? null
      : [
          ...(named ? [] : [{ name: 'Name', type: 'string', format: 'name', description: NAME_DOC, priority: 0 }]),
          ...columns.map(({ name, type, format = '', doc, priority }) => ({
            name,
            type,
            format,
            description: doc,
            priority,
          })),
        ],
    rows: objects.map(object => ({
      cells: [
        ...(named ? [] : [object.metadata.name ?? '']),
        ...columns.map(column => column.cell(object, options.now)),
      ],
      object: rowObject(object, options),
    })),
  }
}

function rowObject(object: KubeObject, { includeObject, version }: TableOptions): object | undefined {
  if (includeObject === 'None') return undefined
  return includeObject === 'Object' ? object : partialMetadata(object, version)
}

/** Only an object's metadata: a PartialObjectMetadata. */
export function partialMetadata(object: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}
