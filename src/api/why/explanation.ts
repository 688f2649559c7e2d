import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { column } from '../columns.ts'

const PACKAGE = 'dev.tsukube.why.v1alpha1'

export const explainedObject = message(
  `${PACKAGE}.ExplainedObject`,
  {
    apiVersion: string(1).present().doc('Its version.'),
    kind: string(2).present().doc('Its kind.'),
    namespace: string(3).doc('Its namespace.'),
    name: string(4).present().doc('Its name.'),
    uid: string(5).doc('Its UID.'),
  },
  { doc: 'An object.' },
)
export interface ExplainedObject extends Infer<typeof explainedObject> {}

export const cause = message(
  `${PACKAGE}.Cause`,
  {
    source: string(1)
      .present()
      .doc('Who holds it back: Scheduler, Admission, Controller, Kubelet, Volume, Deletion or User.'),
    reason: string(2)
      .present()
      .doc('Why, in one word: the plugin, the reason of a condition, of a container or of an event.'),
    message: string(3).present().doc('Why, in a sentence, as it was recorded.'),
    remedy: string(4).doc('What would change it.'),
    nodes: list(5, types.string).atomic().doc('Nodes it is about; not necessarily all.'),
    object: ref(6, explainedObject).doc('The object it is about, where it is another one.'),
    since: time(7).doc('Since when, or when it was last so.'),
  },
  { doc: 'Something that holds an object back.' },
)
export interface Cause extends Infer<typeof cause> {}

const fields = {
  about: ref(2, explainedObject).always().doc('What is explained.'),
  summary: string(3).present().doc('In what state it is, in a sentence.'),
  causes: list(4, cause).present().atomic().doc('What holds it back, the weightiest first; none when nothing does.'),
}
export interface Explanation extends ObjectOf<typeof fields> {}

const columns: readonly Column<Explanation>[] = [
  column('State', ({ summary }) => summary, 'In what state it is.'),
  column('Cause', ({ causes }) => causes[0]?.message ?? '', 'What holds it back.'),
]

/** Why an object is not as it should be; made from what was recorded when it is asked for, never stored. Ours: upstream has none. */
export const explanation = kind({
  group: 'why.tsukube.dev',
  version: 'v1alpha1',
  kind: 'Explanation',
  plural: 'explanations',
  name: `${PACKAGE}.Explanation`,
  scope: 'Namespaced',
  verbs: ['get', 'list'],
  offByDefault: false,
  doc: 'Why an object is not as it should be. Its name is that of the resource and of the object: pods:web, deployments.apps:web.',
  fields,
  columns,
})
