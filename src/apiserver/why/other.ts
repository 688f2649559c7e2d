import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { controllerCauses, deletionCauses, warningCause, warnings } from './common.ts'
import type { Explained, Why } from './explain.ts'

/** Objects of all other kinds: what is known of any. */
export function explainOther(object: KubeObject, plural: string, why: Why): Explained {
  const causes = [
    ...deletionCauses(object),
    ...controllerCauses(object, plural, why),
    ...warnings(object, why).map(event => warningCause(event, event.source?.component || 'Controller')),
  ]
  const state = object.metadata.deletionTimestamp ? 'Terminating' : 'It is there'
  return { summary: causes.length === 0 ? `${state}, and nothing is known to hold it back` : state, causes }
}
