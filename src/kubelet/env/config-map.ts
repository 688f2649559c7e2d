import type { ConfigMapEnvSource, ConfigMapKeySelector } from '../../api/core/pod/env.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { type ConfigObjects, configMapData } from './objects.ts'

/** The value of one key; undefined when it is missing and may be. */
export async function configMapKey(
  ref: ConfigMapKeySelector,
  namespace: string,
  objects: ConfigObjects,
): Promise<string | undefined> {
  const data = await configMapKeys(ref, namespace, objects)
  const value = data[ref.key]
  if (value === undefined && !ref.optional)
    throw new Error(`couldn't find key ${ref.key} in ConfigMap ${namespace}/${ref.name}`)
  return value
}

/** All keys; none when the ConfigMap is missing and may be. */
export async function configMapKeys(
  { name = '', optional }: ConfigMapEnvSource,
  namespace: string,
  objects: ConfigObjects,
): Promise<Record<string, string>> {
  try {
    const data = configMapData(await objects.configMap(namespace, name))
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.toString('utf8')]))
  } catch (error) {
    if (optional && isReason(error, 'NotFound')) return {}
    throw error
  }
}
