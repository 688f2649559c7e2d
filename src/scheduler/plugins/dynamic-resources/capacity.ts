import type { Device, DeviceCapacity } from '../../../api/resource/device.ts'
import { addQuantities, compareQuantities, formatQuantity, parseQuantity } from '../../../apimachinery/quantity.ts'

/** Amounts, by name of the capacity. */
export type Amounts = Readonly<Record<string, string>>

/** What one request takes of each capacity of a device; undefined when the device cannot give that (KEP-5075). */
export function consumption({ capacity = {} }: Device, requests: Amounts = {}): Amounts | undefined {
  if (Object.keys(requests).some(name => !capacity[name])) return undefined
  const out: Record<string, string> = {}
  for (const [name, offer] of Object.entries(capacity)) {
    const amount = amountOf(offer, requests[name])
    if (amount === undefined || compareQuantities(amount, offer.value) > 0) return undefined
    out[name] = amount
  }
  return out
}

/** Whether a device has that much left besides what others have. */
export const hasLeft = ({ capacity = {} }: Device, used: Amounts, wanted: Amounts): boolean =>
  Object.entries(wanted).every(
    ([name, amount]) => compareQuantities(addQuantities(used[name] ?? '0', amount), capacity[name]?.value ?? '0') <= 0,
  )

/** The sum of amounts. */
export function sumOf(all: readonly Amounts[]): Amounts {
  const out: Record<string, string> = {}
  for (const amounts of all) {
    for (const [name, amount] of Object.entries(amounts)) out[name] = addQuantities(out[name] ?? '0', amount)
  }
  return out
}

/** An amount as the device's policy has it: rounded up to one that can be had. */
function amountOf({ value, requestPolicy: policy }: DeviceCapacity, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return policy?.default ?? value
  if (!policy) return wanted
  const { validValues = [], validRange } = policy
  if (validValues.length > 0) return validValues.find(option => compareQuantities(option, wanted) >= 0)
  if (!validRange?.min) return wanted
  const { min, max, step } = validRange
  const least = compareQuantities(wanted, min) < 0 ? min : wanted
  const amount = step === undefined ? least : roundedUp(least, min, step)
  return max !== undefined && compareQuantities(amount, max) > 0 ? undefined : amount
}

function roundedUp(amount: string, min: string, step: string): string {
  const [above, each] = [parseQuantity(amount).nanos - parseQuantity(min).nanos, parseQuantity(step).nanos]
  if (each <= 0n || above % each === 0n) return amount
  const { format } = parseQuantity(step)
  return addQuantities(min, formatQuantity({ nanos: (above / each + 1n) * each, format }))
}
