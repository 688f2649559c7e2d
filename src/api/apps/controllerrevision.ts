import { deepEqual } from '../../apimachinery/json.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { any, int64 } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'

const fields = {
  data: any(2).doc('The template, or what it takes to go back to it.'),
  revision: int64(3).present().min(0).doc('Its number; higher is later.'),
}
export interface ControllerRevision extends ObjectOf<typeof fields> {}

/** The owner that manages it, as `statefulset.apps/web`. */
function controllerOf({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  if (!owner) return '<none>'
  const slash = owner.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`
  const kind = `${owner.kind}${group}`.toLowerCase()
  return `${kind}/${owner.name}`
}

const columns: readonly Column<ControllerRevision>[] = [
  column('Controller', controllerOf, 'The object it belongs to.'),
  column('Revision', ({ revision }) => revision, 'Its number.'),
  age,
]

export const controllerRevision = kind({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  scope: 'Namespaced',
  doc: 'What the template of a StatefulSet or DaemonSet was at one point.',
  fields,
  tracksGeneration: false,
  validate({ data }, at) {
    if (data === undefined || data === null) at.child('data').required('data is mandatory')
  },
  validateUpdate({ data }, old, at) {
    if (!deepEqual(data, old.data)) at.child('data').invalid(data, 'field is immutable')
  },
  columns,
})
