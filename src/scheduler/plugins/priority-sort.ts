import { plugin } from '../framework.ts'

/** Lets pods of higher priority go first; the queue lets the older of two equals go first. */
export const prioritySort = plugin({
  name: 'PrioritySort',
  order: (a, b) => b.priority - a.priority,
})
