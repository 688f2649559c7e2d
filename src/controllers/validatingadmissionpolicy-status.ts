import {
  type ValidatingAdmissionPolicy,
  validatingAdmissionPolicy,
} from '../api/admissionregistration/validatingadmissionpolicy.ts'
import { customResourceDefinition } from '../api/apiextensions/index.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller } from '../client/controller.ts'
import { typedKinds } from './validatingadmissionpolicy/kind-types.ts'
import { typeWarnings } from './validatingadmissionpolicy/type-check.ts'

/**
 * Checks the types in new policies' expressions against the kinds they are about, and says in the status what it found
 * (upstream pkg/controller/validatingadmissionpolicystatus).
 */
export const validatingAdmissionPolicyStatusController: Controller = controller({
  name: 'validatingadmissionpolicy-status',
  for: validatingAdmissionPolicy,
  reads: [customResourceDefinition as unknown as Kind],
  writes: [{ kind: validatingAdmissionPolicy as unknown as Kind, subresource: 'status', verbs: ['patch'] }],

  async reconcile({ metadata, spec, status }: ValidatingAdmissionPolicy, { client, informer }) {
    const { generation = 0, name } = metadata
    if (generation <= (status.observedGeneration ?? 0)) return
    const warnings = typeWarnings(spec, typedKinds(informer(customResourceDefinition).list()))
    const body = {
      apiVersion: validatingAdmissionPolicy.apiVersion,
      kind: validatingAdmissionPolicy.kind,
      metadata: { name },
      status: {
        observedGeneration: generation,
        typeChecking: warnings.length > 0 ? { expressionWarnings: warnings } : {},
      },
    }
    const options = { subresource: 'status', fieldManager: 'validatingadmissionpolicy-status', force: true }
    await client.patch(validatingAdmissionPolicy, metadata, 'apply', body, options).catch(error => {
      if (!isReason(error, 'NotFound')) throw error
    })
  },
})
