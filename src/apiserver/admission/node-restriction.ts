import type { TokenRequest } from '../../api/authentication/tokenrequest.ts'
import { type Node, node as nodeKind } from '../../api/core/node.ts'
import { MIRROR_ANNOTATION } from '../../api/core/pod/annotation-rules.ts'
import { podReferences } from '../../api/core/pod/references.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { forbidden, notFound } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { ApiServer } from '../apiserver.ts'
import { nodeIdentity } from '../authorization/node-authorizer.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts'

const LEASES = 'kube-node-lease'
/** Labels of Kubernetes' own that a node may give itself. */
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const OWN_DOMAINS = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const isOfDomain = (key: string, domain: string) => {
  const [prefix = ''] = key.split('/')
  return key.includes('/') && (prefix === domain || prefix.endsWith(`.${domain}`))
}

/** Holds nodes to their own Node, lease and pods (upstream plugin/noderestriction). */
export function nodeRestriction(server: ApiServer): AdmissionPlugin {
  const nodes = server.resources.of(nodeKind).cacher
  const pods = server.resources.of(podKind).cacher
  return {
    name: 'NodeRestriction',
    handles: ({ operation, context }) => operation !== 'CONNECT' && nodeIdentity(context.user) !== undefined,
    admit(attributes) {
      const { context, kind, name, object } = attributes
      const own = nodeIdentity(context.user)!
      const refuse = (why: string) => forbidden(kind, name || (object?.metadata.generateName ?? ''), why)
      if (!own) throw refuse(`could not determine node from user ${JSON.stringify(context.user.name)}`)
      const problem = check(own, attributes)
      if (problem) throw refuse(problem)
    },
  }

  function check(own: string, attributes: AdmissionAttributes): string | undefined {
    const { kind, subresource, object, namespace, operation, name } = attributes
    switch (`${kind.group}/${kind.plural}`) {
      case '/pods':
        return checkPod(own, attributes)
      case '/nodes':
        return checkNode(own, attributes)
      case '/persistentvolumeclaims':
        return subresource === 'status' ? undefined : 'may only update PVC status'
      case '/serviceaccounts':
        return subresource === 'token' && operation === 'CREATE'
          ? checkToken(own, object as unknown as TokenRequest, namespace)
          : undefined
      case 'coordination.k8s.io/leases':
        if (namespace !== LEASES) return `can only access leases in the ${JSON.stringify(LEASES)} system namespace`
        return name === own ? undefined : 'can only access node lease with the same name as the requesting node'
      case 'storage.k8s.io/csinodes':
        return name === own ? undefined : 'can only access CSINode with the same name as the requesting node'
      default:
        return undefined
    }
  }

  function checkPod(own: string, { operation, subresource, name, namespace, object, oldObject }: AdmissionAttributes) {
    const who = `node ${JSON.stringify(own)}`
    const existing = () => {
      const found = pods.get(`${namespace}/${name}`)?.object
      if (!found) throw notFound(podKind, name)
      return found
    }
    if (subresource === 'status') {
      const [pod, old] = [object as Pod, oldObject as Pod]
      if (old.spec.nodeName !== own)
        return `${who} can only update pod status for pods with spec.nodeName set to itself`
      if (!deepEqual(pod.metadata.labels ?? {}, old.metadata.labels ?? {}))
        return `${who} cannot update labels through pod status`
      return undefined
    }
    if (subresource === 'eviction') {
      return existing().spec.nodeName === own
        ? undefined
        : `node ${own} can only evict pods with spec.nodeName set to itself`
    }
    if (subresource) {
      return `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`
    }
    if (operation === 'DELETE') {
      return existing().spec.nodeName === own
        ? undefined
        : `${who} can only delete pods with spec.nodeName set to itself`
    }
    if (operation === 'CREATE') return checkMirror(own, object as Pod)
    return `unexpected operation ${JSON.stringify(operation)}, ${who} can only create and delete mirror pods`
  }

  function checkMirror(own: string, pod: Pod): string | undefined {
    const who = `node ${JSON.stringify(own)}`
    if (pod.metadata.annotations?.[MIRROR_ANNOTATION] === undefined) {
      return `pod does not have ${JSON.stringify(MIRROR_ANNOTATION)} annotation, ${who} can only create mirror pods`
    }
    if (pod.spec.nodeName !== own) return `${who} can only create pods with spec.nodeName set to itself`
    const owners = pod.metadata.ownerReferences ?? []
    if (owners.length > 1) return `${who} can only create pods with a single owner reference set to itself`
    const [owner] = owners
    if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== own) {
      return `${who} can only create pods with an owner reference set to itself`
    }
    if (!owner.controller) return `${who} can only create pods with a controller owner reference set to itself`
    if (owner.blockOwnerDeletion) return `${who} must not set blockOwnerDeletion on an owner reference`
    const uid = nodes.get(own)?.object.metadata.uid
    if (owner.uid !== uid) return `node ${own} UID mismatch: expected ${owner.uid} got ${uid}`
    if (pod.spec.serviceAccountName) return `${who} can not create pods that reference a service account`
    const { secrets, configMaps, claims } = podReferences(pod.metadata.name ?? '', pod.spec)
    if (secrets.size > 0) return `${who} can not create pods that reference secrets`
    if (configMaps.size > 0) return `${who} can not create pods that reference configmaps`
    return claims.size > 0 ? `${who} can not create pods that reference persistentvolumeclaims` : undefined
  }

  function checkNode(own: string, { operation, name, subresource, object, oldObject }: AdmissionAttributes) {
    const who = `node ${JSON.stringify(own)}`
    if (name !== own) return `${who} is not allowed to modify node ${JSON.stringify(name)}`
    if (operation === 'DELETE' || !object) return undefined
    const [now, before] = [object as Node, oldObject as Node | undefined]
    const changed = changedLabels(now.metadata.labels, before?.metadata.labels).filter(isForbiddenLabel)
    if (changed.length > 0) return `is not allowed to set the following labels: ${changed.sort().join(', ')}`
    if (!before) return undefined
    if (!subresource && !deepEqual(now.spec.taints ?? [], before.spec.taints ?? []))
      return `${who} is not allowed to modify taints`
    const owners = ({ metadata }: Node) => metadata.ownerReferences ?? []
    // A node that owned itself by another could be deleted with it.
    if (!deepEqual(owners(now), owners(before))) return `${who} is not allowed to modify ownerReferences`
    return undefined
  }

  function checkToken(own: string, { spec }: TokenRequest, namespace: string): string | undefined {
    const who = `node ${JSON.stringify(own)}`
    const { boundObjectRef: ref } = spec
    if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod') return `${who} requested token not bound to a pod`
    if (!ref.uid) return `${who} requested token with a pod binding without a uid`
    const pod = pods.get(`${namespace}/${ref.name}`)?.object
    if (!pod) throw notFound(podKind, ref.name ?? '')
    if (ref.uid !== pod.metadata.uid) {
      return `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
    }
    return pod.spec.nodeName === own ? undefined : `${who} requested token bound to a pod scheduled on a different node`
  }
}

type Labels = Readonly<Record<string, string>>

function changedLabels(now: Labels = {}, before: Labels = {}): string[] {
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(key => now[key] !== before[key])
}

/** Labels by which others steer what runs where are not the node's to set (KEP-279). */
function isForbiddenLabel(key: string): boolean {
  if (isOfDomain(key, 'node-restriction.kubernetes.io')) return true
  if (!isOfDomain(key, 'kubernetes.io') && !isOfDomain(key, 'k8s.io')) return false
  return !OWN_LABELS.has(key) && !OWN_DOMAINS.some(domain => isOfDomain(key, domain))
}
