import type { FlowController } from './flow-controller.ts'
import type { PriorityLevel } from './priority-level.ts'
import type { FlowRequest } from './queue.ts'

/** Where the dumps are served. */
export const DUMPS = '/debug/api_priority_and_fairness/'

/** What is going on, as upstream's debug endpoints print it; undefined for another name. */
export function dump(flow: FlowController, name: string): string | undefined {
  const levels = [...flow.levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (name === 'dump_priority_levels') return table(LEVEL_COLUMNS, levels.map(levelRow))
  if (name === 'dump_queues') return table(QUEUE_COLUMNS, levels.flatMap(queueRows))
  if (name === 'dump_requests') return table(REQUEST_COLUMNS, levels.flatMap(requestRows))
  return undefined
}

const LEVEL_COLUMNS = [
  'PriorityLevelName',
  'ActiveQueues',
  'IsIdle',
  'IsQuiescing',
  'WaitingRequests',
  'ExecutingRequests',
  'DispatchedRequests',
  'RejectedRequests',
  'TimedoutRequests',
  'CancelledRequests',
]

function levelRow({ name, set, quiescing }: PriorityLevel): unknown[] {
  const active = set.queues.filter(({ waiting }) => waiting.length > 0).length
  const { waiting, executing, dispatched, rejected, timedOut, cancelled } = set
  return [name, active, set.idle, quiescing, waiting, executing, dispatched, rejected, timedOut, cancelled]
}

const QUEUE_COLUMNS = [
  'PriorityLevelName',
  'Index',
  'PendingRequests',
  'ExecutingRequests',
  'SeatsInUse',
  'NextDispatchR',
  'InitialSeatsSum',
  'MaxSeatsSum',
  'TotalWorkSum',
]

const seatSeconds = (value: number) => `${value.toFixed(8)}ss`

function queueRows({ name, set }: PriorityLevel): unknown[][] {
  return set.queues.map((queue, i) => [
    name,
    i,
    queue.waiting.length,
    queue.executing.size,
    queue.seatsInUse,
    seatSeconds(queue.nextDispatchR),
    queue.waitingInitialSeats,
    queue.waitingSeats,
    seatSeconds(queue.waitingWork),
  ])
}

const REQUEST_COLUMNS = [
  'PriorityLevelName',
  'FlowSchemaName',
  'QueueIndex',
  'RequestIndexInQueue',
  'FlowDistingsher',
  'ArriveTime',
  'InitialSeats',
  'FinalSeats',
  'AdditionalLatency',
  'StartTime',
]

function requestRows({ name, set }: PriorityLevel): unknown[][] {
  const row = (queue: number, index: number, request: FlowRequest) => {
    const { schema, distinguisher, arrived, started, work } = request
    const times = [arrived, started].map(ms => (ms === undefined ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString()))
    const { initialSeats, finalSeats, lingerMs } = work
    return [
      name,
      schema,
      queue,
      index,
      distinguisher,
      times[0],
      initialSeats,
      finalSeats,
      `${lingerMs / 1000}s`,
      times[1],
    ]
  }
  return [
    ...set.queues.flatMap((queue, i) => [
      ...queue.waiting.map((request, index) => row(i, index, request)),
      ...[...queue.executing].map(request => row(i, -1, request)),
    ]),
    ...[...set.queueless].map(request => row(-1, -1, request)),
  ]
}

/** Aligned as Go's tabwriter does, with commas between cells. */
function table(columns: readonly string[], rows: readonly unknown[][]): string {
  const lines = [columns, ...rows].map(row => row.map((cell, i) => `${cell}${i < row.length - 1 ? ',' : ''}`))
  const widths = columns.map((_, i) => Math.max(8, ...lines.map(line => line[i]!.length + 1)))
  return lines
    .map(line => `${line.map((cell, i) => (i < line.length - 1 ? cell.padEnd(widths[i]!) : cell)).join('')}\n`)
    .join('')
}
