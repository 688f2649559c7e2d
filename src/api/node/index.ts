export { type RuntimeClass, runtimeClass } from './runtimeclass.ts'
