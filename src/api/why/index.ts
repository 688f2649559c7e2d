export type * from './explanation.ts'
export { explanation } from './explanation.ts'
