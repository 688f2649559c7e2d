import type { HorizontalPodAutoscalerCondition } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'

type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited'

/** An autoscaler's conditions while it is looked at. */
export class Conditions {
  #all: readonly HorizontalPodAutoscalerCondition[]
  readonly #now: number

  constructor(conditions: readonly HorizontalPodAutoscalerCondition[] = [], now: number) {
    this.#all = conditions
    this.#now = now
  }

  get all(): HorizontalPodAutoscalerCondition[] {
    return [...this.#all]
  }

  /** Sets a condition; the time of its last transition stays while its status does. */
  set(type: ConditionType, status: 'True' | 'False', reason: string, message: string): void {
    const known = this.#all.find(condition => condition.type === type)
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : rfc3339(this.#now)
    const condition = { type, status, lastTransitionTime, reason, message }
    this.#all = known ? this.#all.map(one => (one === known ? condition : one)) : [...this.#all, condition]
  }
}
