export type * from './storageversion.ts'
export { storageVersion } from './storageversion.ts'
