import type { CustomResourceDefinition } from '../../api/apiextensions/index.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Conversion } from '../registry/resource.ts'
import { type ReviewCaller, reviewed } from './conversion-webhook.ts'
import type { CustomVersion } from './custom-kind.ts'

/**
 * Conversion between a served version and the stored one. Objects may lie in the store as any version that was once the
 * stored one, and as older schemas left them: reading brings them into the served version's form.
 */
export function conversionOf(
  crd: CustomResourceDefinition,
  served: CustomVersion,
  stored: CustomVersion,
  caller: ReviewCaller,
): Conversion {
  const { apiVersion } = served.kind
  const webhook = crd.spec.conversion?.strategy === 'Webhook'
  // Objects that this version's own schema has just put into form.
  const fresh = new WeakSet<object>()

  const formed = ({ schema }: CustomVersion, object: KubeObject, version: string): KubeObject => {
    const { apiVersion: _, kind, ...fields } = object
    return Object.assign(schema.normalize(fields, { defaults: true }), { apiVersion: version, kind })
  }
  const asServed = (object: KubeObject): KubeObject => {
    if (fresh.has(object)) return object
    const next = formed(served, object, apiVersion)
    return object.apiVersion === apiVersion && deepEqual(next, object) ? object : next
  }
  const fetched = async (objects: readonly KubeObject[], to: CustomVersion) =>
    reviewed(crd, objects, to.kind.apiVersion, caller)

  return {
    stored: stored.kind,
    async toStored(object) {
      if (served === stored) {
        fresh.add(object)
        return object
      }
      const version = stored.kind.apiVersion
      const converted = webhook ? (await fetched([object], stored))[0]! : object
      return formed(stored, converted, version)
    },
    fromStored: asServed,
    ...(webhook && {
      mustFetch: (object: KubeObject) => object.apiVersion !== apiVersion,
      fetch: async (objects: readonly KubeObject[]) => (await fetched(objects, served)).map(asServed),
    }),
  }
}
