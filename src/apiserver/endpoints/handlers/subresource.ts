import { badRequest, methodNotAllowed, StatusError } from '../../../apimachinery/errors.ts'
import { DecodeError, decode } from '../../../apimachinery/schema/decode.ts'
import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import {
  isConnect,
  isPart,
  type ObjectSubresource,
  type PartSubresource,
  type Target,
} from '../../subresources/subresource.ts'
import { admitConnect, admitCreate } from '../admit-subresource.ts'
import { respondJson, respondObject } from '../respond.ts'
import { get } from './get.ts'
import { patch, patchedBody } from './patch.ts'
import { negotiated, readObject, type Scope } from './scope.ts'
import { checkName, update } from './update.ts'

/** Any request to a subresource other than status. */
export async function handleSubresource(server: ApiServer, scope: Scope): Promise<void> {
  const { exchange, info, resource, context } = scope
  const subresource = server.subresources.get(resource)?.get(info.subresource)
  if (!subresource) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
  const target = { server, resource, namespace: info.namespace, name: info.name, context }
  if (isConnect(subresource)) {
    if (!subresource.methods.includes(exchange.method)) throw methodNotAllowed(resource.kind, info.verb)
    await admitConnect(target, subresource, exchange.query)
    await subresource.connect(target, exchange, info)
    return
  }
  if (isPart(subresource)) {
    await runPart(scope, subresource)
    return
  }
  const form = negotiated(scope)
  const answer = await run(scope, target, subresource)
  if (info.verb === 'get') respondObject(exchange, subresource.kind, answer, form, server.clock.now())
  else respondJson(exchange, info.verb === 'create' ? 201 : 200, answer, form)
}

function runPart(scope: Scope, { rules }: PartSubresource): Promise<void> {
  const { verb } = scope.info
  if (verb === 'get') return get(scope)
  if (verb === 'update') return update(scope, rules)
  if (verb === 'patch') return patch(scope, rules)
  throw methodNotAllowed(scope.resource.kind, verb)
}

async function run(scope: Scope, target: Target, subresource: ObjectSubresource): Promise<KubeObject> {
  const { info, resource } = scope
  switch (info.verb) {
    case 'get':
      if (subresource.get) return subresource.get(target)
      break
    case 'create':
      if (subresource.create) {
        const body = decodeBody(subresource, (await readObject(scope, subresource.kind)).value)
        await admitCreate(target, subresource, body)
        return subresource.create(target, body)
      }
      break
    case 'update':
      if (subresource.update) {
        const body = decodeBody(subresource, (await readObject(scope, subresource.kind)).value)
        checkName(body, info.name)
        return subresource.update(target, body)
      }
      break
    case 'patch':
      if (subresource.update && subresource.get) {
        const patched = await patchedBody(scope, subresource.kind, await subresource.get(target))
        return subresource.update(target, decodeBody(subresource, patched))
      }
  }
  throw methodNotAllowed(resource.kind, info.verb)
}

/** A subresource's body, with its type filled in. */
export function decodeBody({ kind }: ObjectSubresource, body: unknown): KubeObject {
  try {
    const fields = decode(kind.message, body ?? {}, { defaults: true })
    return { ...fields, apiVersion: kind.apiVersion, kind: kind.kind }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const what = `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}`
    throw badRequest(`${what}: ${error.message}`)
  }
}
