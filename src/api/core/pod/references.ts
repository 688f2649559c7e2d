import type { PodSpec } from './spec.ts'
import type { Volume } from './volume.ts'

/** Objects of its namespace that a pod names, by kind. */
export interface PodReferences {
  readonly configMaps: Set<string>
  readonly secrets: Set<string>
  readonly claims: Set<string>
}

/** What a pod names in its environment, volumes and pull secrets (upstream pkg/api/pod VisitPodSecretNames and others). */
export function podReferences(podName: string, spec: PodSpec): PodReferences {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  const claims = new Set<string>()
  for (const container of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      configMaps.add(configMapRef?.name ?? '')
      secrets.add(secretRef?.name ?? '')
    }
    for (const { valueFrom } of container.env ?? []) {
      configMaps.add(valueFrom?.configMapKeyRef?.name ?? '')
      secrets.add(valueFrom?.secretKeyRef?.name ?? '')
    }
  }
  for (const volume of spec.volumes ?? []) ofVolume(volume)
  for (const { name } of spec.imagePullSecrets ?? []) secrets.add(name ?? '')
  for (const set of [configMaps, secrets, claims]) set.delete('')
  return { configMaps, secrets, claims }

  function ofVolume(volume: Volume): void {
    const { configMap, secret, projected, csi, persistentVolumeClaim, ephemeral } = volume
    configMaps.add(configMap?.name ?? '')
    secrets.add(secret?.secretName ?? '')
    secrets.add(csi?.nodePublishSecretRef?.name ?? '')
    claims.add(persistentVolumeClaim?.claimName ?? '')
    if (ephemeral) claims.add(`${podName}-${volume.name}`)
    for (const source of projected?.sources ?? []) {
      configMaps.add(source.configMap?.name ?? '')
      secrets.add(source.secret?.name ?? '')
    }
  }
}
