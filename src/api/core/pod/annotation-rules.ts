import type { At } from '../../../apimachinery/validation/at.ts'
import type { PodSpec } from './spec.ts'

export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

type Annotations = Readonly<Record<string, string>> | undefined

/** Annotations that mean something on pods. */
export function validatePodAnnotations(annotations: Annotations, spec: PodSpec, at: At): void {
  const mirror = annotations?.[MIRROR_ANNOTATION]
  if (mirror !== undefined && !spec.nodeName) {
    at.key(MIRROR_ANNOTATION).invalid(mirror, 'must set spec.nodeName if mirror pod annotation is set')
  }
  const cost = annotations?.[DELETION_COST]
  if (cost === undefined) return
  const isNumber = /^(0|-?[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) < 2 ** 31
  if (!isNumber) at.key(DELETION_COST).invalid(cost, 'must be a 32bit integer')
}

/** A mirror of a static pod stays one. */
export function validateMirrorUnchanged(annotations: Annotations, old: Annotations, at: At): void {
  const [now, before] = [annotations?.[MIRROR_ANNOTATION], old?.[MIRROR_ANNOTATION]]
  if (now === before) return
  at.key(MIRROR_ANNOTATION).forbidden(
    before === undefined ? 'may not add mirror pod annotation' : 'may not remove or update mirror pod annotation',
  )
}
