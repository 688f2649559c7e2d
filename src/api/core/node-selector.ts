import type { Node } from './node.ts'
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from './pod/affinity.ts'
import type { PodSpec } from './pod/spec.ts'

export type NodeTest = (node: Node) => boolean

/** A node selector as a test: any of its terms; none takes no node (upstream component-helpers nodeaffinity). */
export function compileNodeSelector({ nodeSelectorTerms }: NodeSelector): NodeTest {
  const terms = nodeSelectorTerms.map(compileTerm)
  return node => terms.some(term => term(node))
}

/** One term as a test: all of its conditions; an empty one takes no node. */
export function compileTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeTest {
  const tests = [...matchExpressions.map(labelTest), ...matchFields.map(fieldTest)]
  return tests.length === 0 ? () => false : node => tests.every(test => test(node))
}

/** What a pod's nodeSelector and required node affinity demand of a node; undefined when nothing. */
export function compileRequired({ nodeSelector, affinity }: PodSpec): NodeTest | undefined {
  const labels = Object.entries(nodeSelector ?? {})
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const matches = required && compileNodeSelector(required)
  if (labels.length === 0) return matches
  return node =>
    labels.every(([key, value]) => node.metadata.labels?.[key] === value) && (matches === undefined || matches(node))
}

const labelTest = (requirement: NodeSelectorRequirement): NodeTest => {
  const holds = compileRequirement(requirement)
  return node => holds(node.metadata.labels?.[requirement.key])
}

const fieldTest = (requirement: NodeSelectorRequirement): NodeTest => {
  const holds = compileRequirement(requirement)
  return node => holds(requirement.key === 'metadata.name' ? node.metadata.name : undefined)
}

function compileRequirement({
  operator,
  values = [],
}: NodeSelectorRequirement): (value: string | undefined) => boolean {
  const [first = ''] = values
  switch (operator) {
    case 'In':
      return value => value !== undefined && values.includes(value)
    case 'NotIn':
      return value => value === undefined || !values.includes(value)
    case 'Exists':
      return value => value !== undefined
    case 'DoesNotExist':
      return value => value === undefined
    case 'Gt':
      return value => isInteger(value) && isInteger(first) && BigInt(value) > BigInt(first)
    case 'Lt':
      return value => isInteger(value) && isInteger(first) && BigInt(value) < BigInt(first)
    default:
      return () => false
  }
}

const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text)
