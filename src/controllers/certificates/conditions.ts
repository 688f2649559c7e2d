import type { CertificateSigningRequest } from '../../api/certificates/certificatesigningrequest.ts'

export const hasCondition = ({ status }: CertificateSigningRequest, type: string): boolean =>
  status.conditions?.some(condition => condition.type === type) ?? false

/** When a condition came to hold, in milliseconds since the epoch. */
export const conditionTime = ({ status }: CertificateSigningRequest, type: string): number | undefined => {
  const found = status.conditions?.find(condition => condition.type === type)
  return found?.lastUpdateTime ? Date.parse(found.lastUpdateTime) : undefined
}
