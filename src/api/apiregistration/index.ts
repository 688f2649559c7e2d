export type * from './apiservice.ts'
export { apiService } from './apiservice.ts'
