import type { Exchange } from '../server/exchange.ts'

/** Length of all warnings together beyond which each is cut, and beyond twice which none is added (upstream filters/warning.go). */
const MAX_TOTAL = 4096
const MAX_ONE_WHEN_MANY = 256

/** Takes warnings and sends each of them once, as Warning headers of the answer. */
export function warningsOf(exchange: Exchange): (text: string) => void {
  const texts = new Set<string>()
  let length = 0
  return text => {
    const clean = text.replace(/\p{Cc}/gu, ' ').trim()
    if (!clean || texts.has(clean) || length >= MAX_TOTAL) return
    texts.add(clean)
    length += clean.length
    const shown = [...texts].map(t => (length > MAX_TOTAL ? t.slice(0, MAX_ONE_WHEN_MANY) : t))
    exchange.setHeader('warning', shown.map(headerOf))
  }
}

/** A quoted text. Header values are bytes; what is not ASCII goes out as UTF-8, as Go sends it. */
function headerOf(text: string): string {
  const quoted = text.replace(/[\\"]/g, '\\$&')
  return Buffer.from(`299 - "${quoted}"`, 'utf8').toString('latin1')
}
