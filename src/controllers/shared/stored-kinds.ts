import { allKinds } from '../../api/index.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'

/** Kinds that only show objects of another kind: looking after the others is enough. */
const VIEWS = new Set(['events.k8s.io/v1 Event'])

/** The built-in kinds whose objects are stored and can be deleted. */
export const storedKinds: readonly Kind[] = allKinds.filter(
  kind => !kind.virtual && kind.verbs.includes('delete') && !VIEWS.has(`${kind.apiVersion} ${kind.kind}`),
)

/** Those of them that live in namespaces. */
export const namespacedKinds: readonly Kind[] = storedKinds.filter(kind => kind.scope === 'Namespaced')

/** Those that can own or be owned: all but events. */
export const ownedKinds: readonly Kind[] = storedKinds.filter(kind => kind.kind !== 'Event')
