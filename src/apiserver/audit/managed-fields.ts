interface Shape {
  readonly metadata?: { readonly managedFields?: unknown }
  readonly items?: unknown
  readonly rows?: unknown
  readonly object?: unknown
}

/** An object, list or table without managedFields. What has none comes back as it is. */
export function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { metadata, items, rows } = value as Shape
  if (Array.isArray(items)) return { ...value, items: items.map(withoutManagedFields) }
  if (Array.isArray(rows)) {
    return { ...value, rows: rows.map((row: Shape) => ({ ...row, object: withoutManagedFields(row.object) })) }
  }
  if (!metadata || typeof metadata !== 'object' || !('managedFields' in metadata)) return value
  const { managedFields: _, ...rest } = metadata
  return { ...value, metadata: rest }
}
