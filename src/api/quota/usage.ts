import { own } from '../../apimachinery/own.ts'
import { addQuantities, compareQuantities, subtractQuantities } from '../../apimachinery/quantity.ts'

/** Amounts by quota resource: `pods`, `requests.cpu`, `count/deployments.apps`. */
export type Usage = Readonly<Record<string, string>>

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Record<string, string> {
  const sum: Record<string, string> = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const before = own(sum, name)
    sum[name] = before === undefined ? value : addQuantities(before, value)
  }
  return sum
}

/** What `a` has more than `b`, below zero where it has less. */
export function subtractUsage(a: Usage, b: Usage): Record<string, string> {
  const rest: Record<string, string> = { ...a }
  for (const [name, value] of Object.entries(b)) rest[name] = subtractQuantities(own(rest, name) ?? '0', value)
  return rest
}

/** The part about these resources. */
export function only(usage: Usage, names: Iterable<string>): Record<string, string> {
  const part: Record<string, string> = {}
  for (const name of names) if (Object.hasOwn(usage, name)) part[name] = usage[name]!
  return part
}

/** Resources of which there is more than the limit says. */
export const exceeding = (usage: Usage, hard: Usage): string[] =>
  Object.keys(usage).filter(name => Object.hasOwn(hard, name) && compareQuantities(usage[name]!, hard[name]!) > 0)

/** `pods=1,requests.cpu=2`, as upstream prints usages. */
export const usageText = (usage: Usage): string =>
  Object.keys(usage)
    .sort()
    .map(name => `${name}=${usage[name]}`)
    .join(',')
