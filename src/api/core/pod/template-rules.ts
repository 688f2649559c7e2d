import type { At } from '../../../apimachinery/validation/at.ts'
import { validateLabels } from '../../../apimachinery/validation/labels.ts'
import { validateAnnotations } from '../../../apimachinery/validation/object-meta.ts'
import { validatePodAnnotations } from './annotation-rules.ts'
import type { PodTemplateSpec } from './template.ts'

/** What a template has besides the pod's spec. */
export function validatePodTemplateSpec({ metadata, spec }: PodTemplateSpec, at: At): void {
  validateLabels(metadata.labels, at.child('labels'))
  validateAnnotations(metadata.annotations, at.child('annotations'))
  validatePodAnnotations(metadata.annotations, spec, at.child('annotations'))
  if (spec.ephemeralContainers) {
    at.child('spec', 'ephemeralContainers').forbidden('ephemeral containers not allowed in pod template')
  }
}
