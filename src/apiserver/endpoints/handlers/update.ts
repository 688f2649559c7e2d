import { badRequest } from '../../../apimachinery/errors.ts'
import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import { type PartRules, update as updateObject } from '../../registry/update.ts'
import { respondEntry } from '../respond.ts'
import { negotiated, readObject, type Scope } from './scope.ts'

/** PUT of an object, of its status, or, by `rules`, of another part of it. */
export async function update(scope: Scope, rules?: PartRules): Promise<void> {
  const { exchange, info, resource, context, clock } = scope
  const form = negotiated(scope)
  const body = await readObject(scope, resource.kind)
  const object = resource.decode(body.value, context, body.duplicates)
  checkName(object, info.name)
  const mayCreate = resource.kind.createOnUpdate && !info.subresource && !object.metadata.resourceVersion
  const { entry, created } = await updateObject(
    resource,
    info.namespace,
    info.name,
    () => resource.thaw(object),
    context,
    {
      subresource: info.subresource,
      ...rules,
      ...(mayCreate && { createMissing: () => resource.thaw(object) }),
    },
  )
  respondEntry(exchange, resource, entry, form, clock.now(), created ? 201 : 200)
}

/** The body's name must be the path's. */
export function checkName(object: KubeObject, name: string): void {
  if (!object.metadata.name) throw badRequest('name must be provided')
  if (object.metadata.name !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
  }
}
