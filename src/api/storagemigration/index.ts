export type * from './storageversionmigration.ts'
export { storageVersionMigration } from './storageversionmigration.ts'
