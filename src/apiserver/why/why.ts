import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { pod as podKind } from '../../api/core/pod.ts'
import { type Explanation, explanation } from '../../api/why/explanation.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { badRequest, notFound } from '../../apimachinery/errors.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../apiserver.ts'
import type { Resource } from '../registry/resource.ts'
import { explainClaim } from './claim.ts'
import { explainNamespace, explainNode } from './cluster.ts'
import { type Explained, type Explainer, objectOf, Why } from './explain.ts'
import { explainOther } from './other.ts'
import { explainPod } from './pod.ts'
import { explainWorkloads } from './workload.ts'

const EXPLAINERS: ReadonlyMap<Kind, Explainer> = new Map(
  [explainPod, explainClaim, explainNamespace, explainNode, ...explainWorkloads].map(one => [one.kind, one]),
)

/** Serves why.tsukube.dev: why objects are not as they should be, from what was recorded (docs/why.md). */
export function serveExplanations(server: ApiServer): void {
  const why = new Why(server)
  server.serveComputed(explanation, {
    async get(namespace, name) {
      const { resource, objectName } = find(server, name)
      const scope = resource.kind.scope === 'Namespaced' ? namespace : ''
      const entry = resource.cacher.get(resource.key(scope, objectName))
      if (!entry) throw notFound(resource.kind, objectName)
      return explanationOf(resource, resource.objectOf(entry), namespace, why)
    },
    async list(namespace, labels) {
      return [podKind, persistentVolumeClaim, ...explainWorkloads.map(({ kind }) => kind)].flatMap(kind =>
        explainHeldBack(server.resources.of(kind as Kind), namespace, labels, why),
      )
    },
  })
}

/** Those objects of a resource that something holds back. */
function explainHeldBack(resource: Resource, namespace: string, labels: Selector, why: Why): Explanation[] {
  const out: Explanation[] = []
  for (const { object } of resource.cacher.scan(namespace ? `${namespace}/` : '')) {
    if (!labels.matches(object.metadata.labels)) continue
    const made = explanationOf(resource, object, object.metadata.namespace ?? '', why)
    if (made.causes.length > 0) out.push(made)
  }
  return out
}

/** The resource and the object's name in an explanation's name: `pods:web`, `deployments.apps:web`. */
function find(server: ApiServer, name: string): { resource: Resource; objectName: string } {
  const colon = name.indexOf(':')
  const [plural = '', ...group] = name.slice(0, colon).split('.')
  if (colon < 0) {
    throw badRequest(
      `the name of an explanation is that of a resource and of an object, as pods:web or deployments.apps:web, not ${JSON.stringify(name)}`,
    )
  }
  for (const resource of server.resources) {
    const { kind } = resource
    if (kind.plural === plural && kind.group === group.join('.') && !resource.computed && !kind.virtual) {
      return { resource, objectName: name.slice(colon + 1) }
    }
  }
  throw badRequest(`there is no resource ${JSON.stringify(name.slice(0, colon))}`)
}

function explanationOf({ kind }: Resource, object: KubeObject, namespace: string, why: Why): Explanation {
  const explain = EXPLAINERS.get(kind)?.explain ?? ((o: KubeObject): Explained => explainOther(o, kind.plural, why))
  const { summary, causes } = explain(object, why)
  const name = `${kind.plural}${kind.group && `.${kind.group}`}:${object.metadata.name}`
  const { labels } = object.metadata
  return {
    apiVersion: explanation.apiVersion,
    kind: explanation.kind,
    metadata: { name, namespace, creationTimestamp: rfc3339(why.now), ...(labels && { labels }) },
    about: objectOf(object),
    summary,
    causes: [...causes],
  }
}
