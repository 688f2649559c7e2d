import type { JSONSchemaProps } from '../../src/api/apiextensions/index.ts'
import type { Answer, ApiUnderTest } from './api.ts'

/** A version of a definition in tests. */
export const versionOf = (name: string, schema: JSONSchemaProps, more: object = {}) => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: { openAPIV3Schema: { type: 'object', ...schema } },
  ...more,
})

/** A definition in group example.com; its plural is the kind in lower case with an s. */
export function crdOf(kind: string, versions: readonly object[], spec: object = {}) {
  const plural = `${kind.toLowerCase()}s`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind }, versions, ...spec },
  }
}

export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server sent
type Condition = any

/** Resolves once a definition has a condition of a type; to the definition. */
export async function untilCondition(api: ApiUnderTest, name: string, type: string, status = 'True') {
  const fits = ({ object }: Condition) =>
    object.status?.conditions?.some((c: Condition) => c.type === type && c.status === status)
  const events = await api.watch(`${CRDS}?watch=true&fieldSelector=metadata.name=${name}&resourceVersion=0`, seen =>
    seen.some(fits),
  )
  return events.findLast(fits)!.object
}

/** Creates a definition and waits until its resource is served. */
export async function serve(api: ApiUnderTest, crd: ReturnType<typeof crdOf>): Promise<Answer> {
  const made = await api.request('POST', CRDS, crd)
  if (made.status !== 201) throw new Error(made.text)
  const established = await untilCondition(api, crd.metadata.name, 'Established')
  const version = established.spec.versions.find((one: { served: boolean }) => one.served).name
  await untilServed(api, `/apis/example.com/${version}/${crd.spec.names.plural}`)
  return made
}

/** Resolves once a path answers with this status. */
export async function untilServed(api: ApiUnderTest, path: string, status = 200): Promise<void> {
  while ((await api.request('GET', path)).status !== status) await new Promise(resolve => setImmediate(resolve))
}
