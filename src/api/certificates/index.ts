export { type CertificateSigningRequest, certificateSigningRequest } from './certificatesigningrequest.ts'
