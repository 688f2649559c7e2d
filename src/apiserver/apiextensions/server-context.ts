import type { RequestContext } from '../request.ts'

/** Who writes the status of definitions and deletes the objects of those that go. */
export const SERVER_CONTEXT: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  fieldManager: 'kube-apiserver',
  dryRun: false,
  fieldValidation: 'Ignore',
  warn: () => {},
}
