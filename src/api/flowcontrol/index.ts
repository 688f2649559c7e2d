export type * from './flowschema.ts'
export { flowSchema } from './flowschema.ts'
export type * from './prioritylevelconfiguration.ts'
export { priorityLevelConfiguration } from './prioritylevelconfiguration.ts'
