import { namespace as namespaceKind } from '../../api/core/namespace.ts'
import { node as nodeKind } from '../../api/core/node.ts'
import { conditionCause, controllerCauses, deletionCauses } from './common.ts'
import { explainer } from './explain.ts'

/** Namespaces that do not go away. */
export const explainNamespace = explainer(namespaceKind, (object, why) => {
  const { status, spec } = object
  const left = (status.conditions ?? [])
    .filter(({ status }) => status === 'True')
    .map(condition => ({ ...conditionCause(condition, 'Deletion'), remedy: 'see to what the message names' }))
  const finalizers = object.metadata.deletionTimestamp ? (spec.finalizers ?? []) : []
  const content = finalizers.map(finalizer => ({
    source: 'Deletion',
    reason: 'Finalizer',
    message: `It waits until the finalizer ${finalizer} is done: until it is empty`,
  }))
  const causes = [...left, ...deletionCauses(object), ...controllerCauses(object, 'namespaces', why)]
  return { summary: status.phase ?? 'Active', causes: causes.length > 0 ? causes : content }
})

/** Nodes that are not ready, or take no pods. */
export const explainNode = explainer(nodeKind, (object, why) => {
  const { spec, status, metadata } = object
  const bad = (status.conditions ?? []).filter(({ type, status }) => status !== (type === 'Ready' ? 'True' : 'False'))
  const taints = (spec.taints ?? []).map(({ key, value, effect, timeAdded }) => ({
    source: 'Scheduler',
    reason: 'Taint',
    message: `It has the taint ${key}${value ? `=${value}` : ''}:${effect}: pods that do not tolerate it ${effect === 'NoExecute' ? 'are ended' : 'do not come here'}`,
    remedy: `kubectl taint node ${metadata.name} ${key}:${effect}-, unless a controller put it there`,
    ...(timeAdded && { since: timeAdded }),
  }))
  const ready = !bad.some(({ type }) => type === 'Ready')
  return {
    summary: `${ready ? 'Ready' : 'Not ready'}${spec.unschedulable ? ', cordoned' : ''}`,
    causes: [
      ...bad.map(condition => conditionCause(condition, 'Kubelet')),
      ...taints,
      ...deletionCauses(object),
      ...controllerCauses(object, 'nodes', why),
    ],
  }
})
