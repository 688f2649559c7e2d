import type { Container } from '../../api/core/pod/container.ts'
import type { EnvFromSource, EnvVarSource } from '../../api/core/pod/env.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import type { EnvEntry } from '../runtime/container-config.ts'
import { configMapKey, configMapKeys } from './config-map.ts'
import { expand } from './expand.ts'
import { fieldValue, type PodFacts } from './field-ref.ts'
import type { ConfigObjects } from './objects.ts'
import { resourceValue } from './resource-field-ref.ts'
import { secretKey, secretKeys } from './secret.ts'
import { serviceEnvironment } from './service-env.ts'

export interface EnvironmentSources {
  readonly objects: ConfigObjects
  readonly services: readonly Service[]
  readonly facts: PodFacts
  readonly allocatable: Readonly<Record<string, string>>
}

/**
 * The environment of a container: its own variables go before those of envFrom, and those before Services'. Rejects,
 * with what is missing, when a source that is not optional is not there.
 */
export async function environmentOf(pod: Pod, container: Container, sources: EnvironmentSources): Promise<EnvEntry[]> {
  const namespace = pod.metadata.namespace ?? ''
  const values = new Map<string, string>()
  const services = new Map(
    Object.entries(serviceEnvironment(sources.services, namespace, pod.spec.enableServiceLinks ?? true)),
  )
  for (const source of container.envFrom ?? []) {
    const keys = await fromWhole(source, namespace, sources.objects)
    for (const [key, value] of Object.entries(keys)) values.set(`${source.prefix ?? ''}${key}`, value)
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const found = valueFrom
      ? await fromSource(pod, container, valueFrom, sources)
      : expand(value ?? '', other => values.get(other) ?? services.get(other))
    if (found === undefined) continue
    // The order in which they were stated shows in the process.
    values.delete(name)
    values.set(name, found)
  }
  for (const [name, value] of services) if (!values.has(name)) values.set(name, value)
  return [...values].map(([name, value]) => ({ name, value }))
}

async function fromWhole(source: EnvFromSource, namespace: string, objects: ConfigObjects) {
  if (source.configMapRef) return configMapKeys(source.configMapRef, namespace, objects)
  if (source.secretRef) return secretKeys(source.secretRef, namespace, objects)
  return {}
}

async function fromSource(
  pod: Pod,
  container: Container,
  from: EnvVarSource,
  { objects, facts, allocatable }: EnvironmentSources,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? ''
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, facts)
  if (from.resourceFieldRef) return resourceValue(pod, from.resourceFieldRef, container.name, allocatable)
  if (from.configMapKeyRef) return configMapKey(from.configMapKeyRef, namespace, objects)
  if (from.secretKeyRef) return secretKey(from.secretKeyRef, namespace, objects)
  throw new Error('environment variables from files are not supported by this version')
}
