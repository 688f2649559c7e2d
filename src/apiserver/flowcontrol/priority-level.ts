import type { PriorityLevelConfigurationSpec } from '../../api/flowcontrol/prioritylevelconfiguration.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { DroppedRequests } from './dropped-requests.ts'
import { QueueSet, type Queuing } from './queue-set.ts'

/** The largest part of a level's seats that one request may take. */
const MAX_SEATS_FRACTION = 0.15

/** One priority level at work: its requests, and how many seats it has. */
export class PriorityLevel {
  readonly name: string
  readonly set: QueueSet
  readonly dropped = new DroppedRequests()
  uid = ''
  spec: PriorityLevelConfigurationSpec
  /** Its share of the server's seats. */
  nominal = 0
  /** What it keeps when it has lent all it may. */
  min = 0
  /** What it has when it has borrowed all it may. */
  max = 0
  /** What it has now. */
  current = 0
  /** What it was to get when seats were last shared out. */
  target = 0
  /** No longer configured; goes when its last request is done. */
  quiescing = false

  constructor(name: string, spec: PriorityLevelConfigurationSpec, clock: Clock) {
    this.name = name
    this.spec = spec
    this.set = new QueueSet(clock)
  }

  get exempt(): boolean {
    return this.spec.type === 'Exempt'
  }

  get shares(): number {
    return (this.exempt ? this.spec.exempt : this.spec.limited)?.nominalConcurrencyShares ?? 0
  }

  get queuing(): Queuing {
    if (this.exempt) return 'exempt'
    return this.spec.limited?.limitResponse.queuing ?? 'reject'
  }

  /** Seats one request may take at most; 0 for no limit. */
  get maxSeats(): number {
    const { queuing, nominal } = this
    if (typeof queuing !== 'object') return 0
    return Math.max(1, Math.min(Math.ceil(nominal * MAX_SEATS_FRACTION), Math.floor(nominal / queuing.handSize)))
  }

  /** Whether flows of this level are told apart. */
  get hasFlows(): boolean {
    return typeof this.queuing === 'object' && this.queuing.queues > 1
  }

  /** Takes its share of the server's seats: `total` of them by `shares`, those of all levels. */
  share(total: number, shares: number): void {
    const limited = this.exempt ? undefined : this.spec.limited
    const lendable = (limited ?? this.spec.exempt)?.lendablePercent ?? 0
    const borrowing = limited?.borrowingLimitPercent
    this.nominal = shares > 0 ? Math.ceil((total * this.shares) / shares) : 0
    this.set.nominal = this.nominal
    this.min = this.nominal - Math.round((this.nominal * lendable) / 100)
    this.max = this.nominal + (borrowing === undefined ? total : Math.round((this.nominal * borrowing) / 100))
  }
}
