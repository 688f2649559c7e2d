import { deepEqual } from '../../../apimachinery/json.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { describeChanges } from '../../changes.ts'
import type { Pod } from '../pod.ts'
import type { NodeAffinity, NodeSelectorTerm } from './affinity.ts'
import { MIRROR_ANNOTATION, validateMirrorUnchanged } from './annotation-rules.ts'
import type { PodSpec } from './spec.ts'

/** What may change in a pod once it exists, after upstream's ValidatePodUpdate. */

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

function validateDeadline(spec: PodSpec, old: PodSpec, at: At): void {
  const [now, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds]
  if (before === undefined) return
  if (now === undefined) at.invalid(null, 'must not update from a positive integer to nil value')
  else if (now > before) at.invalid(now, 'must be less than or equal to previous value')
}

function validateTolerations(spec: PodSpec, old: PodSpec, at: At): void {
  const withoutSeconds = (toleration: object) => ({ ...toleration, tolerationSeconds: undefined })
  const kept = (old.tolerations ?? []).every(before =>
    spec.tolerations?.some(now => deepEqual(withoutSeconds(now), withoutSeconds(before))),
  )
  if (!kept) at.forbidden('existing toleration can not be modified except its tolerationSeconds')
}

function validateGates(spec: PodSpec, old: PodSpec, at: At): void {
  spec.schedulingGates?.forEach(({ name }, i) => {
    if (old.schedulingGates?.some(gate => gate.name === name)) return
    at.index(i).child('name').forbidden(`only deletion is allowed, but found new scheduling gate '${name}'`)
  })
}

const termsOf = (affinity: NodeAffinity | undefined): readonly NodeSelectorTerm[] =>
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []

function onlyAdds(term: NodeSelectorTerm | undefined, old: NodeSelectorTerm): boolean {
  if (!old.matchExpressions && !old.matchFields) return !term?.matchExpressions && !term?.matchFields
  return (['matchExpressions', 'matchFields'] as const).every(field =>
    deepEqual(term?.[field]?.slice(0, old[field]?.length ?? 0) ?? [], old[field] ?? []),
  )
}

/** As long as it is gated, a pod may be held to fewer nodes than before. */
function validateGatedPlacement(spec: PodSpec, old: PodSpec, at: At): void {
  for (const [key, value] of Object.entries(old.nodeSelector ?? {})) {
    if (spec.nodeSelector?.[key] === value) continue
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
    at.child('nodeSelector').invalid(spec.nodeSelector, detail)
    break
  }
  const [terms, before] = [termsOf(spec.affinity?.nodeAffinity), termsOf(old.affinity?.nodeAffinity)]
  const place = at.child(
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  )
  if (before.length > 0 && terms.length !== before.length) {
    place.invalid(terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')
    return
  }
  before.forEach((term, i) => {
    if (onlyAdds(terms[i], term)) return
    place.index(i).invalid(terms[i], 'only additions are allowed (no mutations or deletions)')
  })
}

/** The new spec with everything that may change put back, to see whether anything else has changed. */
function withoutAllowedChanges(spec: PodSpec, old: PodSpec): PodSpec {
  const sameImages = (list: PodSpec['containers'], before: PodSpec['containers']) =>
    list.map((container, i) => ({ ...container, image: before[i]?.image }))
  const out: PodSpec = {
    ...spec,
    containers: sameImages(spec.containers, old.containers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
  }
  if (spec.initContainers) out.initContainers = sameImages(spec.initContainers, old.initContainers ?? [])
  if (old.terminationGracePeriodSeconds < 0 && spec.terminationGracePeriodSeconds === 1) {
    out.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds
  }
  if (!old.schedulingGates) return out
  out.nodeSelector = old.nodeSelector
  const affinity = { ...spec.affinity, nodeAffinity: old.affinity?.nodeAffinity }
  const empty = Object.values(affinity).every(value => value === undefined)
  out.affinity = empty ? old.affinity && {} : affinity
  return out
}

export function validatePodUpdate(pod: Pod, old: Pod, at: At): void {
  validateMirrorUnchanged(pod.metadata.annotations, old.metadata.annotations, at.child('metadata', 'annotations'))
  const place = at.child('spec')
  for (const list of ['containers', 'initContainers'] as const) {
    if ((pod.spec[list]?.length ?? 0) !== (old.spec[list]?.length ?? 0)) {
      place.child(list).forbidden('pod updates may not add or remove containers')
      return
    }
  }
  validateDeadline(pod.spec, old.spec, place.child('activeDeadlineSeconds'))
  validateTolerations(pod.spec, old.spec, place.child('tolerations'))
  validateGates(pod.spec, old.spec, place.child('schedulingGates'))
  if (old.spec.schedulingGates) validateGatedPlacement(pod.spec, old.spec, place)

  const changes = describeChanges(old.spec, withoutAllowedChanges(pod.spec, old.spec))
  if (changes) place.forbidden(`pod updates may not change fields other than ${UPDATABLE}\n${changes}`)
}

/** What may change through the ephemeralcontainers subresource: containers may be added, nothing else. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod, at: At): void {
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
    at.forbidden('static pods do not support ephemeral containers')
    return
  }
  const place = at.child('spec', 'ephemeralContainers')
  for (const container of old.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.find(({ name }) => name === container.name)
    const subject = `existing ephemeral containers ${JSON.stringify(container.name)}`
    if (!now) place.forbidden(`${subject} may not be removed\n`)
    else if (!deepEqual(now, container)) {
      place.forbidden(`${subject} may not be changed\n${describeChanges(container, now)}`)
    }
  }
}
