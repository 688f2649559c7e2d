import { Counter, Gauge, type Registry } from 'prom-client'
import type { FlowController, FlowCounts, FlowObserver, Schema } from './flow-controller.ts'
import { type Distribution, FlowHistogram, registerTimed } from './histogram.ts'
import type { PriorityLevel } from './priority-level.ts'
import type { FlowRequest } from './queue.ts'
import type { TimedDistribution } from './utilization.ts'

const PREFIX = 'apiserver_flowcontrol_'
const FLOW = ['priority_level', 'flow_schema'] as const
const LEVEL = ['priority_level'] as const
const SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const SEATS = [1, 2, 4, 10, 20, 50, 100]

interface Observers {
  readonly waited: Distribution
  readonly gaveUp: Distribution
  readonly executed: Distribution
  readonly watched: Distribution
  readonly seats: Distribution
}

/**
 * The figures of priority and fairness, under upstream's names (util/flowcontrol/metrics). Where they can be read off the
 * queues they are, when somebody asks.
 */
export function flowMetrics(flow: FlowController, registry: Registry): FlowObserver {
  const registers = [registry]
  const perLevel = (name: string, help: string, value: (level: PriorityLevel) => number) =>
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: LEVEL,
      registers,
      collect() {
        this.reset()
        for (const level of flow.levels.values()) this.set({ priority_level: level.name }, value(level))
      },
    })
  perLevel('nominal_limit_seats', 'Seats of a priority level by its shares.', l => l.nominal)
  perLevel('lower_limit_seats', 'Seats that a priority level always keeps.', l => l.min)
  perLevel('upper_limit_seats', 'Seats that a priority level has at most.', l => l.max)
  perLevel('current_limit_seats', 'Seats that a priority level has now.', l => l.current)
  perLevel('target_seats', 'Seats that a priority level was to get.', l => l.target)
  perLevel('demand_seats_high_watermark', 'Highest demand in the last period.', l => l.set.demand.highWatermark)
  perLevel('demand_seats_average', 'Average demand in the last period.', l => l.set.demand.average)
  perLevel('demand_seats_stdev', 'Standard deviation of demand in the last period.', l => l.set.demand.deviation)
  perLevel('demand_seats_smoothed', 'Demand, smoothed over periods.', l => l.set.demand.smoothed)
  perLevel('current_r', 'Virtual time.', l => l.set.currentR)
  new Gauge({
    name: `${PREFIX}seat_fair_frac`,
    help: 'Fraction of their targets that priority levels got.',
    registers,
    collect() {
      this.set(flow.fairFraction)
    },
  })
  const perFlow = (name: string, help: string, requests: (level: PriorityLevel) => Iterable<[FlowRequest, number]>) =>
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: FLOW,
      registers,
      collect() {
        this.reset()
        for (const { level, name } of flow.schemas) this.set({ priority_level: level.name, flow_schema: name }, 0)
        for (const level of flow.levels.values()) {
          for (const [{ schema }, amount] of requests(level)) {
            this.inc({ priority_level: level.name, flow_schema: schema }, amount)
          }
        }
      },
    })
  perFlow('current_inqueue_requests', 'Requests that wait.', level => waitingOf(level, () => 1))
  perFlow('current_inqueue_seats', 'Seats of requests that wait.', level => waitingOf(level, r => r.seats))
  perFlow('current_executing_requests', 'Requests worked on.', level => executingOf(level, () => 1))
  perFlow('current_executing_seats', 'Seats of requests worked on.', level => executingOf(level, r => r.seats))
  new Counter({
    name: `${PREFIX}dispatched_requests_total`,
    help: 'Requests that were let in.',
    labelNames: FLOW,
    registers,
    collect() {
      this.reset()
      for (const { level, name, counts } of flow.schemas) {
        this.inc({ priority_level: level.name, flow_schema: name }, counts.dispatched)
      }
    },
  })
  new Counter({
    name: `${PREFIX}rejected_requests_total`,
    help: 'Requests that were refused, by reason.',
    labelNames: [...FLOW, 'reason'],
    registers,
    collect() {
      this.reset()
      for (const { level, name, counts } of flow.schemas) {
        for (const [reason, count] of Object.entries(counts.rejected)) {
          this.inc({ priority_level: level.name, flow_schema: name, reason }, count)
        }
      }
    },
  })
  utilizations(flow, registry)
  return observerFor(registry)
}

function utilizations(flow: FlowController, registry: Registry): void {
  const of = (
    name: string,
    help: string,
    parts: (level: PriorityLevel) => Readonly<Record<string, TimedDistribution>>,
  ) =>
    registerTimed(registry, PREFIX + name, help, () =>
      [...flow.levels.values()].flatMap(level =>
        Object.entries(parts(level)).map(([phase, distribution]) => ({
          labels: { priority_level: level.name, ...(phase && { phase }) },
          distribution,
          now: flow.now,
        })),
      ),
    )
  of(
    'priority_level_seat_utilization',
    'Part of its seats that a priority level used.',
    ({ set: { utilization } }) => ({
      executing: utilization.seats,
    }),
  )
  of('priority_level_request_utilization', 'Part of its limits that requests took up.', ({ set: { utilization } }) => ({
    executing: utilization.executing,
    waiting: utilization.waiting,
  }))
  of('demand_seats', 'Seats that a priority level could use, as a part of its own.', ({ set: { utilization } }) => ({
    '': utilization.demand,
  }))
}

function observerFor(registry: Registry): FlowObserver {
  const histogram = (name: string, help: string, bounds: readonly number[]) =>
    new FlowHistogram(registry, PREFIX + name, help, bounds)
  const wait = histogram('request_wait_duration_seconds', 'Time spent waiting.', SECONDS)
  const execution = histogram('request_execution_seconds', 'Time worked on.', SECONDS)
  const seats = histogram('work_estimated_seats', 'Seats that requests were taken to need.', SEATS)
  const known = new Map<FlowCounts, Observers>()
  const of = ({ counts, name, level }: Schema): Observers => {
    let observers = known.get(counts)
    if (!observers) {
      const labels = { priority_level: level.name, flow_schema: name }
      observers = {
        waited: wait.with({ ...labels, execute: 'true' }),
        gaveUp: wait.with({ ...labels, execute: 'false' }),
        executed: execution.with({ ...labels, type: 'regular' }),
        watched: execution.with({ ...labels, type: 'watch' }),
        seats: seats.with(labels),
      }
      known.set(counts, observers)
    }
    return observers
  }
  return {
    waited: (schema, ms, executed) => (executed ? of(schema).waited : of(schema).gaveUp).observe(ms / 1000),
    executed: (schema, ms, watch) => (watch ? of(schema).watched : of(schema).executed).observe(ms / 1000),
    estimated: (schema, work) => of(schema).seats.observe(Math.max(work.initialSeats, work.finalSeats)),
  }
}

function* waitingOf({ set }: PriorityLevel, amount: (r: FlowRequest) => number): Generator<[FlowRequest, number]> {
  for (const queue of set.queues) for (const request of queue.waiting) yield [request, amount(request)]
}

function* executingOf({ set }: PriorityLevel, amount: (r: FlowRequest) => number): Generator<[FlowRequest, number]> {
  for (const request of set.queueless) yield [request, amount(request)]
  for (const queue of set.queues) for (const request of queue.executing) yield [request, amount(request)]
}
