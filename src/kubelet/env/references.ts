import type { Volume } from '../../api/core/pod/volume.ts'
import type { Pod } from '../../api/core/pod.ts'
import { containersOf } from '../pods/pod.ts'

/** The ConfigMaps and Secrets that a pod names, in its environment, volumes and pull secrets. */
export function referencesOf(pod: Pod): { configMaps: Set<string>; secrets: Set<string> } {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  for (const { container } of containersOf(pod)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      configMaps.add(configMapRef?.name ?? '')
      secrets.add(secretRef?.name ?? '')
    }
    for (const { valueFrom } of container.env ?? []) {
      configMaps.add(valueFrom?.configMapKeyRef?.name ?? '')
      secrets.add(valueFrom?.secretKeyRef?.name ?? '')
    }
  }
  for (const volume of pod.spec.volumes ?? []) ofVolume(volume)
  for (const { name } of pod.spec.imagePullSecrets ?? []) secrets.add(name ?? '')
  configMaps.delete('')
  secrets.delete('')
  return { configMaps, secrets }

  function ofVolume({ configMap, secret, projected }: Volume): void {
    configMaps.add(configMap?.name ?? '')
    secrets.add(secret?.secretName ?? '')
    for (const source of projected?.sources ?? []) {
      configMaps.add(source.configMap?.name ?? '')
      secrets.add(source.secret?.name ?? '')
    }
  }
}
