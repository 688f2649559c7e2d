export { type Lease, lease } from './lease.ts'
