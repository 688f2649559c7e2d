import type { KubeObject } from '../../apimachinery/schema/kind.ts'

/** The Status that says a request without another answer went well. */
export function success(code = 201): KubeObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code } as unknown as KubeObject
}
