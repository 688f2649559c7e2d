import type { CertificateRequest } from '../../apimachinery/pki/certificate-request.ts'

export const CLIENT = 'kubernetes.io/kube-apiserver-client'
export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'
const KUBELET_SERVING = 'kubernetes.io/kubelet-serving'
const LEGACY = 'kubernetes.io/legacy-unknown'
/** The signers of Kubernetes' own, which we are. */
export const SIGNERS = [CLIENT, KUBELET_CLIENT, KUBELET_SERVING, LEGACY] as const

const SIGNATURE_USAGES = ['digital signature', 'key encipherment']

/** What is wrong with a request to one of our signers; undefined where it is right (upstream pkg/apis/certificates helpers). */
export function misfit(signer: string, request: CertificateRequest, usages: readonly string[]): string | undefined {
  switch (signer) {
    case CLIENT:
      return usageMisfit(usages, 'client auth')
    case KUBELET_CLIENT:
      return kubeletMisfit(request) ?? noNames(request) ?? usageMisfit(usages, 'client auth')
    case KUBELET_SERVING:
      return kubeletMisfit(request) ?? servingNames(request) ?? usageMisfit(usages, 'server auth')
    default:
      return undefined
  }
}

function usageMisfit(usages: readonly string[], needed: string): string | undefined {
  const wrong = !usages.includes(needed) || usages.some(usage => usage !== needed && !SIGNATURE_USAGES.includes(usage))
  return wrong ? `usages did not match expected set: [${[...SIGNATURE_USAGES, needed].join(' ')}]` : undefined
}

function kubeletMisfit({ organizations, commonName }: CertificateRequest): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') {
    return 'subject organization is not system:nodes'
  }
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:'
}

function noNames({ dnsNames, ipAddresses, emailAddresses, uris }: CertificateRequest): string | undefined {
  if (dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  return uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined
}

function servingNames({ dnsNames, ipAddresses, emailAddresses, uris }: CertificateRequest): string | undefined {
  if (dnsNames.length === 0 && ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  return uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined
}
