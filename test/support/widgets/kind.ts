import type { KubernetesObject } from '@kubernetes/client-node'
import { versionOf } from '../crd.ts'
import { patchOf, type ReviewRequest, type WebhookServer } from '../webhook-server.ts'

/** A custom resource in two versions that say the same differently: v1 has what v1alpha1 packs into one text. */
export interface Widget extends KubernetesObject {
  spec: { text: string; copies: number }
  status?: { observedGeneration?: number; text?: string }
}
export interface OldWidget extends KubernetesObject {
  spec: { packed: string }
}

export const GROUP = 'example.com'
export const MOST_COPIES = 3
export const TOO_MANY = `no more than ${MOST_COPIES} copies`

const pack = ({ text, copies }: Widget['spec']): OldWidget['spec'] => ({ packed: `${copies}x${text}` })
function unpack({ packed }: OldWidget['spec']): Widget['spec'] {
  const [copies = '', ...text] = packed.split('x')
  return { text: text.join('x'), copies: Number(copies) }
}

/** An object as it is written in a version. */
export const widgetIn = (version: string, name: string, spec: Widget['spec']) => ({
  apiVersion: `${GROUP}/${version}`,
  kind: 'Widget',
  metadata: { name },
  spec: version === 'v1' ? spec : pack(spec),
})

const text = { type: 'string' }
const integer = { type: 'integer' }
const status = { type: 'object', properties: { observedGeneration: integer, text } }
const schemaOf = (required: string[], properties: object) =>
  ({ properties: { spec: { type: 'object', required, properties }, status } }) as never

/** The definition; its objects are converted at `/convert` of a server. */
export function definition({ url, caBundle }: WebhookServer) {
  const subresources = { status: {} }
  const versions = [
    versionOf('v1', schemaOf(['text', 'copies'], { text, copies: integer }), { subresources }),
    versionOf('v1alpha1', schemaOf(['packed'], { packed: text }), { subresources }),
  ]
  const webhook = { clientConfig: { url: `${url}/convert`, caBundle }, conversionReviewVersions: ['v1'] }
  return { versions, spec: { conversion: { strategy: 'Webhook', webhook } } }
}

/** Answers to ConversionReviews. */
export const convert = ({ objects, desiredAPIVersion: apiVersion }: ReviewRequest) => ({
  result: { status: 'Success' },
  convertedObjects: objects.map((object: ReviewRequest) => ({
    ...object,
    apiVersion,
    spec: apiVersion.endsWith('/v1') ? unpack(object.spec) : pack(object.spec),
  })),
})

/** Marks what it has seen; for a MutatingWebhookConfiguration. */
export const mark = ({ object }: ReviewRequest) =>
  patchOf({ op: 'add', path: '/metadata/labels', value: { ...object.metadata.labels, marked: object.spec.text } })

/** Refuses too many copies; for a ValidatingWebhookConfiguration. */
export const judge = ({ object }: ReviewRequest) => ({
  allowed: object.spec.copies <= MOST_COPIES,
  status: { message: TOO_MANY, code: 403, reason: 'Forbidden' },
})

/** A configuration with one webhook at `/NAME` that sees every write of Widgets as v1. */
export const registration = (
  type: 'Mutating' | 'Validating',
  name: string,
  { url, caBundle }: WebhookServer,
  failurePolicy: 'Fail' | 'Ignore',
) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: `${type}WebhookConfiguration`,
  metadata: { name },
  webhooks: [
    {
      name: `${name}.${GROUP}`,
      clientConfig: { url: `${url}/${name}`, caBundle },
      rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: [GROUP], apiVersions: ['v1'], resources: ['widgets'] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      failurePolicy,
      timeoutSeconds: 5,
    },
  ],
})
