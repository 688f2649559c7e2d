import { type Namespace, namespace as namespaceKind } from '../../../api/core/namespace.ts'
import { type Pod, pod as podKind } from '../../../api/core/pod.ts'
import { forbidden, invalid, notFound } from '../../../apimachinery/errors.ts'
import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import { At } from '../../../apimachinery/validation/at.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import type { PodLike } from './check.ts'
import { detailsOf, reasonsOf, violationsOf } from './evaluate.ts'
import { isStricter, type LevelVersion, policyOf, textOf } from './policy.ts'

/** Subresources of pods that change nothing of what the pod may do. */
const IGNORED = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])
const MAX_PODS_CHECKED = 3000
/** What the audit log's annotations begin with. */
const ANNOTATIONS = 'pod-security.kubernetes.io/'
const SECCOMP = /^(container\.)?seccomp\.security\.alpha\.kubernetes\.io\//

/**
 * Holds pods to the Pod Security Standards that their namespace's labels ask for: refuses what breaks the enforced level, and
 * warns of what breaks the others, in templates too (KEP-2579, upstream k8s.io/pod-security-admission).
 */
export function podSecurity(server: ApiServer): AdmissionPlugin {
  const namespaces = server.resources.of(namespaceKind).cacher
  const pods = server.resources.of(podKind).cacher
  return {
    name: 'PodSecurity',
    handles: ({ operation, kind, subresource }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      (kind.plural === 'pods'
        ? !IGNORED.has(subresource)
        : !subresource && TEMPLATES.has(`${kind.group}/${kind.plural}`)),

    validate(attributes) {
      if (attributes.kind.plural === 'namespaces') return namespaceChange(attributes)
      const { kind, namespace, object, oldObject, name, context } = attributes
      const entry = namespaces.get(namespace)
      if (!entry) throw notFound(namespaceKind, namespace)
      const policy = policyOf(entry.object.metadata.labels)
      const { enforce, warn } = policy
      const audit = context.audit && policy.audit.level !== 'privileged' ? policy.audit : undefined
      const isPod = kind.plural === 'pods'
      if (isPod) context.audit?.annotate(`${ANNOTATIONS}enforce-policy`, textOf(enforce))
      if (warn.level === 'privileged' && !audit && (!isPod || enforce.level === 'privileged')) return
      if (isPod && oldObject && !isSignificant(object as Pod, oldObject as Pod)) return
      const pod = podOf(object!)
      if (!pod) return
      const noted = audit ? violationsOf(audit, pod) : []
      if (noted.length > 0) {
        const what = `would violate PodSecurity ${JSON.stringify(textOf(audit!))}: ${detailsOf(noted)}`
        context.audit?.annotate(`${ANNOTATIONS}audit-violations`, what)
      }
      const violations = isPod ? violationsOf(enforce, pod) : []
      if (violations.length > 0) {
        const why = `violates PodSecurity ${JSON.stringify(textOf(enforce))}: ${detailsOf(violations)}`
        throw forbidden(kind, name || (object?.metadata.generateName ?? ''), why)
      }
      const doubts = violationsOf(warn, pod)
      if (doubts.length > 0) {
        context.warn(`would violate PodSecurity ${JSON.stringify(textOf(warn))}: ${detailsOf(doubts)}`)
      }
    },
  }

  /** Labels must be right where they changed; pods that break a new, stricter level are told of. */
  function namespaceChange({ object, oldObject, kind, context }: AdmissionAttributes): void {
    const [namespace, before] = [object as Namespace, oldObject as Namespace | undefined]
    const labelErrors = (labels: Namespace['metadata']['labels']) => {
      const at = new At()
      const policy = policyOf(labels, at.child('metadata', 'labels'))
      return { policy, errors: at.errors }
    }
    const now = labelErrors(namespace.metadata.labels)
    const then = before && labelErrors(before.metadata.labels)
    const text = (errors: At['errors']) => errors.map(({ field, message }) => `${field}: ${message}`).join()
    if (now.errors.length > 0 && (!then || text(then.errors) !== text(now.errors))) {
      throw invalid(kind, namespace.metadata.name!, now.errors)
    }
    if (!then) return
    const [to, from] = [now.policy.enforce, then.policy.enforce]
    if (to.level === 'privileged' || textOf(to) === textOf(from)) return
    if (to.minor === from.minor && !isStricter(to.level, from.level)) return
    for (const warning of warningsFor(namespace.metadata.name!, to)) context.warn(warning)
  }

  function warningsFor(namespace: string, level: LevelVersion): string[] {
    const all = [...pods.values()].map(entry => entry.object).filter(pod => pod.metadata.namespace === namespace)
    const byReason = new Map<string, string[]>()
    for (const pod of all.slice(0, MAX_PODS_CHECKED)) {
      const reason = reasonsOf(violationsOf(level, pod))
      if (reason) byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name!])
    }
    const warnings: string[] = []
    if (all.length > MAX_PODS_CHECKED) {
      warnings.push(
        `new PodSecurity enforce level only checked against the first ${MAX_PODS_CHECKED} of ${all.length} existing pods`,
      )
    }
    if (byReason.size > 0) {
      const violated = `violate the new PodSecurity enforce level ${JSON.stringify(textOf(level))}`
      warnings.push(`existing pods in namespace ${JSON.stringify(namespace)} ${violated}`)
    }
    const lines = [...byReason].map(([reason, names]) => `${firstOf(names)}: ${reason}`)
    return [...warnings, ...lines.sort()]
  }
}

/** What has a pod or a template of one, by group and plural. */
const TEMPLATES = new Set([
  '/namespaces',
  '/replicationcontrollers',
  '/podtemplates',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
])

/** The pod, or the template for pods, in an object. */
function podOf(object: KubeObject): PodLike | undefined {
  if (object.kind === 'Pod') return object as Pod
  const { template, spec } = object as KubeObject & {
    template?: PodLike
    spec?: { template?: PodLike; jobTemplate?: { spec: { template: PodLike } } }
  }
  return template ?? spec?.jobTemplate?.spec.template ?? spec?.template
}

function firstOf(names: readonly string[]): string {
  const [first] = [...names].sort()
  const others = names.length - 1
  return others === 0 ? first! : `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
}

/** Whether an update changes anything that rules look at; most of a pod cannot change. */
function isSignificant(pod: Pod, old: Pod): boolean {
  const judged = ({ metadata, spec }: Pod) =>
    JSON.stringify([
      Object.entries(metadata.annotations ?? {}).filter(([key]) => SECCOMP.test(key)),
      [spec.initContainers, spec.containers, spec.ephemeralContainers].map(list =>
        list?.map(({ name, image }) => [name, image]),
      ),
    ])
  return judged(pod) !== judged(old)
}
