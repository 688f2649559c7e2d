export { type PriorityClass, priorityClass } from './priorityclass.ts'
