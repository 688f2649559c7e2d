export type * from './certificatesigningrequest.ts'
export { certificateSigningRequest } from './certificatesigningrequest.ts'
