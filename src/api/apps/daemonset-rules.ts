import type { IntOrString } from '../../apimachinery/intstr.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import type { DaemonSetSpec } from './daemonset.ts'
import { isNone, validateAtMostAll, validateIntOrPercent } from './int-or-percent.ts'
import { validateSelectedTemplate } from './template-rules.ts'

interface Strategy {
  readonly type: string
  rollingUpdate?: { maxUnavailable?: IntOrString; maxSurge?: IntOrString }
}

export function defaultDaemonSetStrategy(strategy: Strategy): void {
  if (strategy.type !== 'RollingUpdate') return
  strategy.rollingUpdate ??= {}
  strategy.rollingUpdate.maxUnavailable ??= 1
  strategy.rollingUpdate.maxSurge ??= 0
}

function validateStrategy({ type, rollingUpdate }: Strategy, at: At): void {
  if (type !== 'RollingUpdate' || !rollingUpdate) return
  const { maxUnavailable = 1, maxSurge = 0 } = rollingUpdate
  const place = at.child('rollingUpdate')
  validateIntOrPercent(maxUnavailable, place.child('maxUnavailable'))
  validateIntOrPercent(maxSurge, place.child('maxSurge'))
  const [none, noSurge] = [isNone(maxUnavailable), isNone(maxSurge)]
  if (!none && !noSurge) place.child('maxSurge').invalid(maxSurge, 'may not be set when maxUnavailable is non-zero')
  if (none && noSurge) {
    place.child('maxUnavailable').invalid(maxUnavailable, 'cannot be 0 when maxSurge is 0')
  }
  validateAtMostAll(maxUnavailable, place.child('maxUnavailable'))
  validateAtMostAll(maxSurge, place.child('maxSurge'))
}

export function validateDaemonSet(spec: DaemonSetSpec, at: At): void {
  validateSelectedTemplate(spec, 'daemonset', 'DaemonSet', at)
  validateStrategy(spec.updateStrategy, at.child('updateStrategy'))
}
