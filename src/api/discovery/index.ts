export type * from './endpointslice.ts'
export { endpointSlice } from './endpointslice.ts'
