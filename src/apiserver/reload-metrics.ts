import { Counter, Gauge, type Registry } from 'prom-client'
import type { Clock } from '../apimachinery/clock.ts'

/**
 * Counts the changes of a configuration file that were, or could not be, taken over, under upstream's names. `what` is what the
 * names begin with, as `apiserver_authentication_config_controller`.
 */
export function reloadMetrics(registry: Registry, clock: Clock, what: string): (used: boolean) => void {
  const shared = { labelNames: ['status'], registers: [registry] }
  const total = new Counter({
    ...shared,
    name: `${what}_automatic_reloads_total`,
    help: 'Changes of the file, by whether they could be used.',
  })
  const last = new Gauge({
    ...shared,
    name: `${what}_automatic_reload_last_timestamp_seconds`,
    help: 'When the file last changed, in seconds since the epoch, by whether that could be used.',
  })
  return used => {
    const status = used ? 'success' : 'failure'
    total.inc({ status })
    last.set({ status }, clock.now() / 1000)
  }
}
