export { type EndpointSlice, endpointSlice } from './endpointslice.ts'
