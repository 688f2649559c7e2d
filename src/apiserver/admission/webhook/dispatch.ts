import type { MutatingWebhook, ValidatingWebhook } from '../../../api/admissionregistration/webhooks.ts'
import { EvaluationError } from '../../../apimachinery/cel/index.ts'
import { badRequest, internalError, StatusError } from '../../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { RequestValues } from '../policy/evaluation.ts'
import { conditionsHold } from '../policy/match-conditions.ts'
import { inVersion } from './objects.ts'
import { type AdmissionResponse, callFailure, denial, responseIn, reviewOf, reviewVersion } from './review.ts'

/** One webhook of a configuration. */
export interface Hook<W extends MutatingWebhook | ValidatingWebhook = MutatingWebhook | ValidatingWebhook> {
  /** Its place: configuration and position. */
  readonly id: string
  readonly webhook: W
}

/** The webhooks of all configurations, by name of the configuration. */
export function hooksOf<W extends MutatingWebhook | ValidatingWebhook>(
  configurations: Iterable<{ readonly object: KubeObject & { readonly webhooks?: readonly W[] } }>,
): Hook<W>[] {
  return [...configurations]
    .map(({ object }) => object)
    .sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
    .flatMap(({ metadata, webhooks = [] }) =>
      webhooks.map((webhook, i) => ({ id: `${metadata.name}/${i}`, webhook: webhook as W })),
    )
}

/**
 * Asks a webhook about a request. Resolves to its answer, or to undefined when it failed and requests go on without it. Throws
 * the refusal, or a failure that stops the request.
 */
export async function ask(
  server: ApiServer,
  { webhook }: Hook,
  kind: Kind,
  attributes: AdmissionAttributes,
): Promise<AdmissionResponse | undefined> {
  const { name, sideEffects, failurePolicy, timeoutSeconds = 10, clientConfig, admissionReviewVersions } = webhook
  const { object, oldObject, context } = attributes
  if (!(await conditionsOf(server, webhook, kind, attributes))) return undefined
  if (context.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`)
  }
  const type = 'reinvocationPolicy' in webhook ? 'admit' : 'validating'
  const asked = { name, type, operation: attributes.operation } as const
  let response: AdmissionResponse
  try {
    const version = reviewVersion(admissionReviewVersions)
    const uid = server.random.uuid()
    const seen = async (one: KubeObject | undefined) =>
      attributes.subresourceKind ? one : inVersion(server, one, attributes.kind, kind)
    const review = reviewOf(attributes, uid, version, kind, await seen(object), await seen(oldObject))
    const answer = await server.webhooks
      .post(clientConfig, review, timeoutSeconds * 1000, context.signal)
      .catch(error => {
        throw new Error(`failed to call webhook: ${error.message}`)
      })
    response = responseIn(answer, uid, version)
  } catch (error) {
    if (error instanceof StatusError) throw error
    if (failurePolicy === 'Ignore') {
      server.metrics.webhookPassedBy(asked)
      return undefined
    }
    server.metrics.webhookRejected(asked)
    throw callFailure(name, error as Error)
  }
  for (const warning of response.warnings ?? []) context.warn(warning)
  for (const [key, value] of Object.entries(response.auditAnnotations ?? {})) {
    context.audit?.annotate(`${name}/${key}`, value)
  }
  if (response.allowed !== true) {
    const refusal = denial(name, response)
    server.metrics.webhookRejected(asked, refusal.code)
    throw refusal
  }
  return response
}

/** Whether a webhook's conditions let it see the request. Throws where that cannot be told and requests do not go on without it. */
async function conditionsOf(
  server: ApiServer,
  { matchConditions = [], failurePolicy }: Hook['webhook'],
  kind: Kind,
  attributes: AdmissionAttributes,
): Promise<boolean> {
  if (matchConditions.length === 0) return true
  try {
    return await conditionsHold(matchConditions, await RequestValues.of(server, attributes, kind))
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    if (failurePolicy === 'Ignore') return false
    throw internalError(error.message)
  }
}
