import type { KeyToPath } from '../../api/core/pod/volume-config.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { type ConfigObjects, configMapData, secretData } from '../env/objects.ts'
import { selectKeys } from './items.ts'
import type { Payload } from './volume.ts'

interface Source {
  readonly namespace: string
  readonly name: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
  readonly mode: number
}

const NOTHING: Payload = new Map()

/** Files for the keys of a ConfigMap; none when it is missing and may be. */
export async function configMapPayload(objects: ConfigObjects, source: Source): Promise<Payload> {
  try {
    const object = await objects.configMap(source.namespace, source.name)
    return selectKeys(configMapData(object), { ...source, what: 'config' })
  } catch (error) {
    if (source.optional && isReason(error, 'NotFound')) return NOTHING
    throw error
  }
}

/** Files for the keys of a Secret; none when it is missing and may be. */
export async function secretPayload(objects: ConfigObjects, source: Source): Promise<Payload> {
  try {
    const object = await objects.secret(source.namespace, source.name)
    return selectKeys(secretData(object), { ...source, what: 'secret' })
  } catch (error) {
    if (source.optional && isReason(error, 'NotFound')) return NOTHING
    throw error
  }
}
