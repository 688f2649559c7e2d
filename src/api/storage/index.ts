export type * from './storageclass.ts'
export { storageClass } from './storageclass.ts'
