/** IntOrString values: a count, or a percentage of a total (apimachinery util/intstr). */
export type IntOrString = number | string

/** The count that an IntOrString stands for. Throws when a string is not a percentage. */
export function scaledValue(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  if (!value.endsWith('%')) throw new Error('invalid value for IntOrString: invalid type: string is not a percentage')
  const percent = value.slice(0, -1)
  if (!/^[-+]?\d+$/.test(percent)) {
    throw new Error(
      `invalid value for IntOrString: invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(percent)}: invalid syntax`,
    )
  }
  const exact = (Number(percent) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}

/** The number in front of the % sign; undefined when the value is not a percentage. */
export function percentOf(value: IntOrString): number | undefined {
  return typeof value === 'string' && /^\d+%$/.test(value) ? Number(value.slice(0, -1)) : undefined
}
