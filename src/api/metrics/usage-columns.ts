import { addQuantities } from '../../apimachinery/quantity.ts'
import type { Column } from '../../apimachinery/schema/kind.ts'

type Usage = Readonly<Record<string, string>>

function sumOf(usages: readonly Usage[], resource: string): string {
  return usages.reduce((sum, usage) => addQuantities(sum, usage[resource] ?? '0'), '0')
}

/** Processors, memory and window, as metrics-server's tables have them. */
export function usageColumns<T extends { window: string }>(usagesOf: (object: T) => readonly Usage[]): Column<T>[] {
  const quantity = (name: string, doc: string): Column<T> => ({
    name,
    type: 'string',
    format: 'quantity',
    priority: 0,
    doc,
    cell: object => sumOf(usagesOf(object), name),
  })
  return [
    quantity('cpu', 'Processors in use.'),
    quantity('memory', 'Memory in use, in bytes.'),
    {
      name: 'Window',
      type: 'string',
      format: 'duration',
      priority: 0,
      doc: 'How long the window was over which the use was measured.',
      cell: ({ window }) => window,
    },
  ]
}
