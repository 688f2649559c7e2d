import { selectorFromLabels } from '../../apimachinery/labels.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import type { ReplicationControllerSpec } from './replicationcontroller.ts'

export function validateReplicationController({ selector = {}, template }: ReplicationControllerSpec, at: At): void {
  const wanted = selectorFromLabels(selector)
  if (wanted.empty) at.child('selector').required()
  const place = at.child('template')
  if (!template) {
    place.required()
    return
  }
  if (!wanted.empty && !wanted.matches(template.metadata.labels)) {
    place
      .child('metadata', 'labels')
      .invalid(template.metadata.labels ?? null, '`selector` does not match template `labels`')
  }
  if (template.spec.restartPolicy !== 'Always') {
    place.child('spec', 'restartPolicy').notSupported(template.spec.restartPolicy, ['Always'])
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    place
      .child('spec', 'activeDeadlineSeconds')
      .forbidden('activeDeadlineSeconds in ReplicationController is not Supported')
  }
}
