export type * from './runtimeclass.ts'
export { runtimeClass } from './runtimeclass.ts'
