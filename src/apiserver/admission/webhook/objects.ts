import { internalError } from '../../../apimachinery/errors.ts'
import { decode } from '../../../apimachinery/schema/decode.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionAttributes } from '../admission.ts'

/** An object of one served version, as another version of the same kind. Rejects with a 500 where it cannot be converted. */
export async function inVersion(
  server: ApiServer,
  object: KubeObject | undefined,
  from: Kind,
  to: Kind,
): Promise<KubeObject | undefined> {
  if (!object || from === to) return object
  const { resources } = server
  try {
    const stored = (await resources.of(from).conversion?.toStored(structuredClone(object))) ?? object
    const conversion = resources.of(to).conversion
    if (!conversion) return stored
    if (conversion.mustFetch?.(stored)) return (await conversion.fetch!([stored]))[0]
    return conversion.fromStored(stored)
  } catch (error) {
    throw internalError((error as Error).message)
  }
}

/** Checks and completes what a webhook has made of an object of a kind. */
export function completed(server: ApiServer, kind: Kind, value: unknown, attributes: AdmissionAttributes): KubeObject {
  const { group, version, plural } = kind
  if (server.resources.find(group, version, plural)?.kind === kind) {
    return server.resources.of(kind).decode(value, { ...attributes.context, fieldValidation: 'Ignore' })
  }
  return {
    ...(decode(kind.message, value ?? {}, { defaults: true }) as KubeObject),
    apiVersion: kind.apiVersion,
    kind: kind.kind,
  }
}

/** Makes an object the same as another, in place: others hold on to it. */
export function become(object: KubeObject, other: KubeObject): void {
  for (const field of Object.keys(object)) delete (object as unknown as Record<string, unknown>)[field]
  Object.assign(object, other)
}
