/** A number as Go prints a float64 with %v: exponents from 1e+21 on and below 1e-04. */
export function goNumber(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e21) return String(value)
  const [digits, exponent = ''] = value.toExponential().split('e')
  const sign = exponent.startsWith('-') ? '-' : '+'
  return `${digits}e${sign}${exponent.replace(/[+-]/, '').padStart(2, '0')}`
}
