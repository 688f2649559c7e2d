import { isIPv4 } from 'node:net'

interface Range {
  readonly base: number
  readonly bits: number
}

/**
 * IPv4 ranges without those that lie in others, in their shortest form: the kernel takes no overlapping ones. What is not
 * an IPv4 range is left out. Empty when there is none; undefined when they are all addresses.
 */
export function disjoint(ranges: readonly string[]): string[] | undefined {
  const parsed = ranges.flatMap(text => parse(text) ?? []).sort((a, b) => a.bits - b.bits)
  const kept: Range[] = []
  for (const range of parsed) {
    if (!kept.some(wider => masked(range.base, wider.bits) === wider.base)) kept.push(range)
  }
  if (kept.some(range => range.bits === 0)) return undefined
  return kept.map(({ base, bits }) => `${[24, 16, 8, 0].map(shift => (base >>> shift) & 255).join('.')}/${bits}`)
}

function parse(text: string): Range | undefined {
  const [address = '', length = ''] = text.trim().split('/')
  const bits = Number(length)
  if (!isIPv4(address) || !/^\d+$/.test(length) || bits > 32) return undefined
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { base: masked(number, bits), bits }
}

const masked = (address: number, bits: number) => (bits === 0 ? 0 : (address & (-1 << (32 - bits))) >>> 0)
