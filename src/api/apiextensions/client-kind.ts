import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import { ALL_VERBS, type Kind, type KubeObject } from '../../apimachinery/schema/kind.ts'
import { type Message, ref } from '../../apimachinery/schema/types.ts'
import { isTrue } from './conditions.ts'
import type { CustomResourceDefinition } from './definition-messages.ts'

/** Clients take custom objects as they come. */
const anything: Message<KubeObject> = {
  kind: 'message',
  name: '',
  fields: { metadata: ref(1, objectMeta).always() },
  facts: { decode: value => value as unknown as KubeObject },
}

/** A kind of which clients know no more than where it is. */
export const untypedKind = (
  where: Pick<Kind, 'group' | 'version' | 'kind' | 'listKind' | 'plural' | 'singular' | 'scope'>,
): Kind => ({
  ...where,
  apiVersion: `${where.group}/${where.version}`,
  verbs: ALL_VERBS,
  message: anything,
  custom: { openapi: () => ({}) },
})

/**
 * The kind that clients reach a custom resource by that they know nothing of but its definition: the stored version, or the
 * first that is served. Undefined while none is.
 */
export function clientKind({ spec, status }: CustomResourceDefinition): Kind | undefined {
  const served = spec.versions.filter(version => version.served)
  const version = served.find(({ storage }) => storage) ?? served[0]
  if (!version || !isTrue({ status }, 'Established')) return undefined
  const { plural, singular = '', kind, listKind } = status.acceptedNames
  const scope = spec.scope as Kind['scope']
  return untypedKind({ group: spec.group, version: version.name, kind, listKind, plural, singular, scope })
}
