import { quantityMilliValue } from '../../apimachinery/quantity.ts'

type Amounts = Readonly<Record<string, string>> | undefined

/** There are no fractions of bytes: what is to be said of those of some resources. `at` is the path of the amounts. */
export function fractionWarnings(amounts: Amounts, at: string, ...resources: readonly string[]): string[] {
  return resources.flatMap(resource => {
    const amount = amounts?.[resource]
    if (amount === undefined || quantityMilliValue(amount) % 1000 === 0) return []
    return [`${at}[${resource}]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`]
  })
}
