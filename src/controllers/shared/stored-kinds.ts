import { allKinds } from '../../api/index.ts'
import { oldVersions } from '../../api/old-versions/index.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'

/** The built-in kinds whose objects are stored and can be deleted; not the other versions in which they are served. */
export const storedKinds: readonly Kind[] = allKinds.filter(
  kind => !kind.virtual && kind.verbs.includes('delete') && !kind.storedAs,
)

/** Those of them that live in namespaces. */
export const namespacedKinds: readonly Kind[] = storedKinds.filter(kind => kind.scope === 'Namespaced')

/** Those that can own or be owned: all but events. */
export const ownedKinds: readonly Kind[] = storedKinds.filter(kind => kind.kind !== 'Event')

/** The stored kind that objects of another version of it are, as `extensions/v1beta1 Deployment`. */
export const storedAs = (apiVersion: string, kind: string): Kind | undefined =>
  [...allKinds, ...oldVersions].find(k => k.apiVersion === apiVersion && k.kind === kind)?.storedAs?.kind as
    | Kind
    | undefined
