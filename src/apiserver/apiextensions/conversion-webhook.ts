import type { CustomResourceDefinition, WebhookClientConfig } from '../../api/apiextensions/index.ts'
import { StatusError } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { At } from '../../apimachinery/validation/at.ts'
import { validateLabels } from '../../apimachinery/validation/labels.ts'
import { validateAnnotations } from '../../apimachinery/validation/object-meta.ts'

/** Asks webhooks. `post` resolves to the answer's JSON and rejects with an Error. */
export interface ReviewCaller {
  post(config: WebhookClientConfig, body: unknown, timeoutMs: number): Promise<unknown>
  uid(): string
}

const TIMEOUT_MS = 30_000
/** Objects sent in one review. */
const MAX_OBJECTS = 500
const KNOWN_VERSIONS = ['v1', 'v1beta1']

const failure = (why: string) => new StatusError(500, '', why)

interface ReviewResponse {
  uid?: string
  convertedObjects?: unknown[]
  result?: { status?: string; message?: string }
}

/** Objects converted by the definition's webhook (upstream's conversion/webhook_converter.go). Rejects with a 500. */
export async function reviewed(
  crd: CustomResourceDefinition,
  objects: readonly KubeObject[],
  apiVersion: string,
  caller: ReviewCaller,
): Promise<KubeObject[]> {
  const out: KubeObject[] = []
  for (let i = 0; i < objects.length; i += MAX_OBJECTS) {
    out.push(...(await converted(crd, objects.slice(i, i + MAX_OBJECTS), apiVersion, caller)))
  }
  return out
}

async function converted(
  crd: CustomResourceDefinition,
  objects: readonly KubeObject[],
  apiVersion: string,
  caller: ReviewCaller,
): Promise<KubeObject[]> {
  const { clientConfig, conversionReviewVersions = [] } = crd.spec.conversion?.webhook ?? {}
  const waiting = objects.filter(object => object.apiVersion !== apiVersion)
  if (waiting.length === 0) return [...objects]
  const about = `conversion webhook for ${waiting[0]!.apiVersion}, Kind=${waiting[0]!.kind}`
  const version = conversionReviewVersions.find(v => KNOWN_VERSIONS.includes(v))
  if (!version) throw failure('no supported conversion review versions')
  const uid = caller.uid()
  const reviewVersion = `apiextensions.k8s.io/${version}`
  const request = { uid, desiredAPIVersion: apiVersion, objects: waiting }
  const review = { kind: 'ConversionReview', apiVersion: reviewVersion, request }
  let answers: unknown[]
  try {
    answers = answersOf(await caller.post(clientConfig ?? {}, review, TIMEOUT_MS), reviewVersion, uid)
  } catch (error) {
    throw failure(`${about} failed: ${(error as Error).message}`)
  }
  if (answers.length !== waiting.length) {
    throw failure(`${about} returned ${answers.length} objects, expected ${waiting.length}`)
  }
  const byOriginal = new Map(waiting.map((object, i) => [object, answers[i]]))
  return objects.map(object => {
    if (!byOriginal.has(object)) return object
    try {
      return checked(object, byOriginal.get(object), apiVersion)
    } catch (error) {
      const index = waiting.indexOf(object)
      throw failure(`${about} returned invalid converted object at index ${index}: ${(error as Error).message}`)
    }
  })
}

/** The converted objects of an answer. Throws Error for what is no success. */
function answersOf(answer: unknown, reviewVersion: string, uid: string): unknown[] {
  const { apiVersion, kind, response } = (answer ?? {}) as {
    apiVersion?: string
    kind?: string
    response?: ReviewResponse
  }
  const v1 = reviewVersion.endsWith('/v1')
  if (v1 && (apiVersion !== reviewVersion || kind !== 'ConversionReview')) {
    throw new Error(
      `expected webhook response of ${reviewVersion}, Kind=ConversionReview, got ${apiVersion ?? ''}, Kind=${kind ?? ''}`,
    )
  }
  if (!response) throw new Error('no response provided')
  if (v1 && response.uid !== uid) {
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  }
  const { status = '', message } = response.result ?? {}
  if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`)
  return response.convertedObjects ?? []
}

/** An answer with its original's metadata; only labels and annotations are the webhook's to change. Throws Error. */
function checked(original: KubeObject, answer: unknown, apiVersion: string): KubeObject {
  const object = answer as KubeObject
  if (typeof answer !== 'object' || answer === null || !object.kind) throw new Error("Object 'Kind' is missing")
  if (object.apiVersion !== apiVersion) {
    throw new Error(`invalid groupVersion (expected ${apiVersion}, received ${object.apiVersion ?? ''})`)
  }
  if (object.kind !== original.kind) {
    throw new Error(`invalid kind (expected ${original.kind}, received ${object.kind})`)
  }
  const metadata = object.metadata ?? {}
  for (const [field, words] of SAME) {
    const [before, now] = [original.metadata[field] ?? '', metadata[field] ?? '']
    if (before !== now) throw new Error(`must have the same ${words}: ${before} != ${now}`)
  }
  const { labels: _, annotations: __, ...kept } = original.metadata
  const { labels, annotations } = metadata
  checkChangeable(labels, annotations)
  return { ...object, metadata: { ...kept, ...(labels && { labels }), ...(annotations && { annotations }) } }
}

const SAME = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const

function checkChangeable(
  labels: Record<string, string> | undefined,
  annotations: Record<string, string> | undefined,
): void {
  const at = new At()
  const metadata = at.child('metadata')
  for (const [name, map] of Object.entries({ labels, annotations })) {
    if (map === undefined || map === null) continue
    const wrong = Object.entries(map).find(([, value]) => typeof value !== 'string')
    if (wrong) throw new Error(`metadata.${name}.${wrong[0]} is not a string: ${JSON.stringify(wrong[1])}`)
  }
  validateLabels(labels, metadata.child('labels'))
  validateAnnotations(annotations, metadata.child('annotations'))
  if (at.errors.length > 0) throw new Error(at.errors.map(({ field, message }) => `${field}: ${message}`).join(', '))
}
