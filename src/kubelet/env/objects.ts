import type { ConfigMap } from '../../api/core/configmap.ts'
import type { Secret } from '../../api/core/secret.ts'

/** Where ConfigMaps and Secrets come from. Both reject with a NotFound StatusError when there is none. */
export interface ConfigObjects {
  configMap(namespace: string, name: string): Promise<ConfigMap>
  secret(namespace: string, name: string): Promise<Secret>
}

const bytes = (base64: string) => Buffer.from(base64, 'base64')

/** All keys of a ConfigMap, as bytes. */
export function configMapData({ data = {}, binaryData = {} }: ConfigMap): Record<string, Buffer> {
  return { ...mapped(data, text => Buffer.from(text)), ...mapped(binaryData, bytes) }
}

/** All keys of a Secret, as bytes. */
export const secretData = ({ data = {} }: Secret): Record<string, Buffer> => mapped(data, bytes)

function mapped<T, U>(record: Readonly<Record<string, T>>, of: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, of(value)]))
}
