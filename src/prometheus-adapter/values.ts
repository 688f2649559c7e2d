import { quantityFromMilli } from '../apimachinery/quantity.ts'

const LARGEST = Number.MAX_SAFE_INTEGER

/** A sample's value as a quantity of thousandths; what is no number counts as zero, as prometheus-adapter has it. */
export function quantityOf(value: number): string {
  if (Number.isNaN(value)) return '0'
  const milli = Math.trunc(value * 1000)
  return quantityFromMilli(BigInt(Math.max(-LARGEST, Math.min(LARGEST, milli))))
}
