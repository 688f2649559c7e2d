import { formatLabels } from '../../apimachinery/labels.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { ref } from '../../apimachinery/schema/types.ts'
import { column } from '../columns.ts'
import { podTemplateSpec } from './pod/template.ts'

const fields = {
  template: ref(2, podTemplateSpec).always().doc('The template.'),
}
export interface PodTemplate extends ObjectOf<typeof fields> {}

const columns: readonly Column<PodTemplate>[] = [
  column(
    'Containers',
    ({ template }) => template.spec.containers.map(({ name }) => name).join(','),
    'Names of the containers.',
  ),
  column(
    'Images',
    ({ template }) => template.spec.containers.map(({ image }) => image ?? '').join(','),
    'Images of the containers.',
  ),
  column('Pod Labels', ({ template }) => formatLabels(template.metadata.labels), 'Labels of the pods.'),
]

export const podTemplate = kind({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  scope: 'Namespaced',
  doc: 'A template for pods, kept for reuse.',
  fields,
  tracksGeneration: true,
  columns,
})
