/** The annotation by which definitions in groups of the Kubernetes community say who approved them (KEP-1111). */
export const APPROVAL_ANNOTATION = 'api-approved.kubernetes.io'
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'

export type ApprovalState = 'invalid' | 'missing' | 'approved' | 'bypassed'

export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group)

/** Whether a definition is approved, and why it is said so (upstream's apihelpers.GetAPIApprovalState). */
export function approvalOf(annotations: Readonly<Record<string, string>> = {}): {
  state: ApprovalState
  reason: string
} {
  const annotation = annotations[APPROVAL_ANNOTATION] ?? ''
  const must = `protected groups must have approval annotation ${JSON.stringify(APPROVAL_ANNOTATION)}`
  if (annotation === '') return { state: 'missing', reason: `${must}, ${SEE}` }
  if (annotation.startsWith('unapproved')) {
    return { state: 'bypassed', reason: `not approved: ${JSON.stringify(annotation)}` }
  }
  if (URL.canParse(annotation) && new URL(annotation).host) {
    return { state: 'approved', reason: `approved in ${annotation}` }
  }
  return { state: 'invalid', reason: `${must} with either a URL or a reason starting with "unapproved", ${SEE}` }
}
