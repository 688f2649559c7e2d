import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from './definition-messages.ts'

type Conditioned = Pick<CustomResourceDefinition, 'status'>

export const findCondition = ({ status }: Conditioned, type: string): CustomResourceDefinitionCondition | undefined =>
  status.conditions.find(condition => condition.type === type)

export const isTrue = (crd: Conditioned, type: string): boolean => findCondition(crd, type)?.status === 'True'

/** Puts a condition in place of the one of its type; its time is `now` only where its status is another. */
export function setCondition(crd: Conditioned, condition: CustomResourceDefinitionCondition, now: string): void {
  const old = findCondition(crd, condition.type)
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now
  const { type, status, reason, message } = condition
  const changed = { type, status, lastTransitionTime, reason, message }
  crd.status.conditions = old
    ? crd.status.conditions.map(c => (c === old ? changed : c))
    : [...crd.status.conditions, changed]
}

export function removeCondition(crd: Conditioned, type: string): void {
  crd.status.conditions = crd.status.conditions.filter(condition => condition.type !== type)
}
