import type { UserInfo } from '../request.ts'
import { type Attributes, type Authorizer, type Decision, NO_OPINION } from './authorizer.ts'
import type { NodeGraph } from './node-graph.ts'
import { type PolicyRule, ruleAllows } from './rbac.ts'

const PREFIX = 'system:node:'
const NODES = 'system:nodes'
const LEASES = 'kube-node-lease'
const READ = ['get', 'list', 'watch']
const OWN_VERBS = ['get', 'create', 'update', 'patch', 'delete']

/** The node that a user is; undefined for others, empty where the user is a node but does not say which. */
export function nodeIdentity({ name, groups }: UserInfo): string | undefined {
  if (!groups.includes(NODES)) return undefined
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : ''
}

const ALLOW: Decision = { verdict: 'allow', reason: '' }
const refuse = (reason: string): Decision => ({ verdict: 'no-opinion', reason })

/**
 * Lets a node read and write what its own pods need, and nothing of others (upstream plugin/auth/authorizer/node). `rules`: what
 * all nodes may do besides.
 */
export function nodeAuthorizer(graph: NodeGraph, rules: readonly PolicyRule[]): Authorizer {
  return {
    authorize(attributes) {
      const node = nodeIdentity(attributes.user)
      if (node === undefined) return NO_OPINION
      if (node === '') return refuse(`unknown node for user ${JSON.stringify(attributes.user.name)}`)
      if (attributes.isResourceRequest) {
        const judge = JUDGES[`${attributes.group}/${attributes.resource}`]
        const decision = judge?.(node, attributes, graph)
        if (decision) return decision
      }
      return rules.some(rule => ruleAllows(rule, attributes)) ? ALLOW : NO_OPINION
    },
  }
}

/** Answers undefined where the common rules decide. */
type Judge = (node: string, attributes: Attributes, graph: NodeGraph) => Decision | undefined

type Finds = (graph: NodeGraph, node: string, namespace: string, name: string) => boolean

function related(node: string, { namespace, name }: Attributes, graph: NodeGraph, finds: Finds): Decision {
  if (!name) return refuse('No Object name found')
  if (finds(graph, node, namespace, name)) return ALLOW
  return refuse(`no relationship found between node '${node}' and this object`)
}

const readsOne =
  (finds: Finds): Judge =>
  (node, attributes, graph) => {
    if (!READ.includes(attributes.verb)) return refuse('can only read resources of this type')
    if (attributes.subresource) return refuse('cannot read subresource')
    if (!attributes.namespace) return refuse('can only read namespaced object of this type')
    return related(node, attributes, graph, finds)
  }

const getsOne =
  (finds: Finds): Judge =>
  (node, attributes, graph) => {
    if (attributes.verb !== 'get') return refuse('can only get individual resources of this type')
    if (attributes.subresource) return refuse('cannot get subresource')
    return related(node, attributes, graph, finds)
  }

const claims: Judge = (node, attributes, graph) => {
  const finds: Finds = (graph, node, namespace, name) => graph.usesClaim(node, namespace, name)
  if (attributes.subresource !== 'status') return getsOne(finds)(node, attributes, graph)
  if (!['update', 'patch'].includes(attributes.verb)) return refuse('can only get/update/patch this type')
  return related(node, attributes, graph, finds)
}

const tokens: Judge = (node, attributes, graph) => {
  if (attributes.verb === 'get' && !attributes.subresource) return undefined
  if (attributes.verb !== 'create' || !attributes.name) {
    return refuse('can only create tokens for individual service accounts')
  }
  if (attributes.subresource !== 'token') return refuse('can only create token subresource of serviceaccount')
  return related(node, attributes, graph, (graph, node, namespace, name) =>
    graph.usesServiceAccount(node, namespace, name),
  )
}

const leases: Judge = (node, { verb, namespace, name }) => {
  if (!OWN_VERBS.includes(verb)) return refuse('can only get, create, update, patch, or delete a node lease')
  if (namespace !== LEASES) return refuse(`can only access leases in the ${JSON.stringify(LEASES)} system namespace`)
  if (verb !== 'create' && name !== node) {
    return refuse('can only access node lease with the same name as the requesting node')
  }
  return ALLOW
}

const csiNodes: Judge = (node, { verb, name, subresource }) => {
  if (!OWN_VERBS.includes(verb)) return refuse('can only get, create, update, patch, or delete a CSINode')
  if (subresource) return refuse('cannot authorize CSINode subresources')
  if (verb !== 'create' && name !== node)
    return refuse('can only access CSINode with the same name as the requesting node')
  return ALLOW
}

const nodes: Judge = (node, { verb, name, subresource }) => {
  if (subresource === 'status' && (verb === 'update' || verb === 'patch')) return ALLOW
  if (subresource) return undefined
  // NodeRestriction sees to it that it is the node's own.
  if (['create', 'update', 'patch'].includes(verb)) return ALLOW
  if (!READ.includes(verb)) return undefined
  if (name === node) return ALLOW
  return refuse(`node '${node}' cannot read '${name}', only its own Node object`)
}

const pods: Judge = (node, { verb, name, subresource, fieldSelector = '' }) => {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : undefined
  if (subresource) return undefined
  if (verb === 'get' || verb === 'create' || verb === 'delete') return ALLOW
  if (verb !== 'list' && verb !== 'watch') return undefined
  if (name || fieldSelector.split(',').some(term => /^spec\.nodeName==?/.test(term) && term.endsWith(`=${node}`)))
    return ALLOW
  return refuse('can only list/watch pods with spec.nodeName field selector')
}

const slices: Judge = (node, { verb, subresource, fieldSelector = '' }) => {
  if (subresource) return refuse('cannot authorize ResourceSlice subresources')
  if (verb === 'create') return ALLOW
  if (['list', 'watch', 'deletecollection'].includes(verb)) {
    const own = fieldSelector.split(',').some(term => /^(spec\.)?nodeName==?/.test(term) && term.endsWith(`=${node}`))
    return own ? ALLOW : refuse('can only list/watch/deletecollection resourceslices with nodeName field selector')
  }
  return refuse('only own ResourceSlices may be read by node name')
}

const JUDGES: Readonly<Record<string, Judge>> = {
  '/secrets': readsOne((graph, node, namespace, name) => graph.usesSecret(node, namespace, name)),
  '/configmaps': readsOne((graph, node, namespace, name) => graph.usesConfigMap(node, namespace, name)),
  '/persistentvolumeclaims': claims,
  '/persistentvolumes': getsOne((graph, node, _, name) => graph.usesVolume(node, name)),
  '/serviceaccounts': tokens,
  '/nodes': nodes,
  '/pods': pods,
  'storage.k8s.io/volumeattachments': getsOne((graph, node, _, name) => graph.usesAttachment(node, name)),
  'storage.k8s.io/csinodes': csiNodes,
  'coordination.k8s.io/leases': leases,
  'resource.k8s.io/resourceslices': slices,
}
