import { selectorOf } from '../../apimachinery/labels.ts'
import type { LabelSelector } from '../../apimachinery/meta/label-selector.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import type { PodTemplateSpec } from '../core/pod/template.ts'

interface Selecting {
  readonly selector: LabelSelector | undefined
  readonly template: PodTemplateSpec
}

/**
 * What workloads ask of their selector and template: the selector is not empty and matches the template's labels, and pods are
 * restarted for ever. `what` and `kind` name the workload in messages.
 */
export function validateSelectedTemplate({ selector, template }: Selecting, what: string, kind: string, at: At): void {
  const selectorAt = at.child('selector')
  if (selector && !selector.matchLabels && !selector.matchExpressions) {
    selectorAt.invalid(selector, `empty selector is invalid for ${what}`)
  }
  try {
    if (!selectorOf(selector).matches(template.metadata.labels)) {
      at.child('template', 'metadata', 'labels').invalid(
        template.metadata.labels ?? null,
        '`selector` does not match template `labels`',
      )
    }
  } catch {
    selectorAt.invalid(selector ?? null, 'invalid label selector')
  }
  const spec = at.child('template', 'spec')
  if (template.spec.restartPolicy !== 'Always') {
    spec.child('restartPolicy').notSupported(template.spec.restartPolicy, ['Always'])
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    spec.child('activeDeadlineSeconds').forbidden(`activeDeadlineSeconds in ${kind} is not Supported`)
  }
}
