import type { SecretEnvSource, SecretKeySelector } from '../../api/core/pod/env.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { type ConfigObjects, secretData } from './objects.ts'

/** The value of one key; undefined when it is missing and may be. */
export async function secretKey(
  ref: SecretKeySelector,
  namespace: string,
  objects: ConfigObjects,
): Promise<string | undefined> {
  const data = await secretKeys(ref, namespace, objects)
  const value = data[ref.key]
  if (value === undefined && !ref.optional)
    throw new Error(`couldn't find key ${ref.key} in Secret ${namespace}/${ref.name}`)
  return value
}

/** All keys; none when the Secret is missing and may be. */
export async function secretKeys(
  { name = '', optional }: SecretEnvSource,
  namespace: string,
  objects: ConfigObjects,
): Promise<Record<string, string>> {
  try {
    const data = secretData(await objects.secret(namespace, name))
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.toString('utf8')]))
  } catch (error) {
    if (optional && isReason(error, 'NotFound')) return {}
    throw error
  }
}
