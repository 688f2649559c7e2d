/** The order in which upstream lists the built-in groups; all others follow by name. */
const ORDER = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'storagemigration.k8s.io',
]

/** Higher comes first. */
export function groupPriority(group: string): number {
  const at = ORDER.indexOf(group)
  return at < 0 ? 0 : ORDER.length - at
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/
const STABILITY: Record<string, number> = { alpha: 0, beta: 1 }

/** Sorts versions best first: v2, v1, v1beta2, v1beta1, v1alpha1, then other names (upstream util/version). */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [VERSION.exec(a), VERSION.exec(b)]
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : 1
  const rank = (m: RegExpExecArray) => [m[2] ? STABILITY[m[2]]! : 2, Number(m[1]), Number(m[3] ?? 0)]
  const [p, q] = [rank(x), rank(y)]
  for (let i = 0; i < 3; i++) if (p[i] !== q[i]) return q[i]! - p[i]!
  return 0
}
