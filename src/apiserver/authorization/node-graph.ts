import type { PersistentVolume } from '../../api/core/persistentvolume.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { MIRROR_ANNOTATION } from '../../api/core/pod/annotation-rules.ts'
import { podReferences } from '../../api/core/pod/references.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { VolumeAttachment } from '../../api/storage/volumeattachment.ts'
import type { Cacher } from '../cacher/cacher.ts'

export interface NodeGraphSources {
  readonly pods: Cacher<Pod>
  readonly claims: Cacher<PersistentVolumeClaim>
  readonly volumes: Cacher<PersistentVolume>
  readonly attachments: Cacher<VolumeAttachment>
}

/** What the pods of a node name: all that the node may read (upstream plugin/auth/authorizer/node Graph). */
export class NodeGraph {
  readonly #sources: NodeGraphSources
  readonly #byNode = new Map<string, Set<string>>()

  constructor(sources: NodeGraphSources) {
    this.#sources = sources
    for (const { key, object } of sources.pods.values()) this.#add(key, object)
    sources.pods.listen(({ type, entry, previous }) => {
      const before = previous?.object.spec.nodeName
      const now = type === 'DELETED' ? undefined : entry.object.spec.nodeName
      if (before === now) return
      if (before) this.#remove(entry.key, before)
      if (now) this.#add(entry.key, entry.object)
    })
  }

  usesConfigMap(node: string, namespace: string, name: string): boolean {
    return this.#some(node, namespace, pod => referencesOf(pod).configMaps.has(name))
  }

  /** Named by a pod, or by a volume that a pod's claim is bound to. */
  usesSecret(node: string, namespace: string, name: string): boolean {
    if (this.#some(node, namespace, pod => referencesOf(pod).secrets.has(name))) return true
    return this.#some(node, undefined, pod =>
      [...this.#volumesOf(pod)].some(volume =>
        secretsOf(volume).some(ref => ref.name === name && (ref.namespace ?? pod.metadata.namespace) === namespace),
      ),
    )
  }

  usesClaim(node: string, namespace: string, name: string): boolean {
    return this.#some(node, namespace, pod => referencesOf(pod).claims.has(name))
  }

  usesVolume(node: string, name: string): boolean {
    return this.#some(node, undefined, pod => [...this.#volumesOf(pod)].some(({ metadata }) => metadata.name === name))
  }

  usesAttachment(node: string, name: string): boolean {
    return this.#sources.attachments.get(name)?.object.spec.nodeName === node
  }

  usesServiceAccount(node: string, namespace: string, name: string): boolean {
    return this.#some(node, namespace, ({ spec }) => (spec.serviceAccountName || 'default') === name)
  }

  /** Mirror pods are the node's own doing and give it nothing. */
  #some(node: string, namespace: string | undefined, matches: (pod: Pod) => boolean): boolean {
    for (const key of this.#byNode.get(node) ?? []) {
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue
      const pod = this.#sources.pods.get(key)?.object
      if (pod && !pod.metadata.annotations?.[MIRROR_ANNOTATION] && matches(pod)) return true
    }
    return false
  }

  *#volumesOf(pod: Pod): Iterable<PersistentVolume> {
    for (const claim of referencesOf(pod).claims) {
      const bound = this.#sources.claims.get(`${pod.metadata.namespace}/${claim}`)?.object.spec.volumeName
      const volume = bound && this.#sources.volumes.get(bound)?.object
      if (volume) yield volume
    }
  }

  #add(key: string, { spec }: Pod): void {
    if (!spec.nodeName) return
    const keys = this.#byNode.get(spec.nodeName) ?? new Set()
    this.#byNode.set(spec.nodeName, keys.add(key))
  }

  #remove(key: string, node: string): void {
    const keys = this.#byNode.get(node)
    keys?.delete(key)
    if (keys?.size === 0) this.#byNode.delete(node)
  }
}

const referencesOf = (pod: Pod) => podReferences(pod.metadata.name ?? '', pod.spec)

/** Secrets that a volume's driver is handed on the node. */
function secretsOf({ spec }: PersistentVolume): { name?: string; namespace?: string }[] {
  const { csi } = spec
  const refs = [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef]
  return refs.filter(ref => ref !== undefined)
}
