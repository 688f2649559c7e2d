import { type Infer, type InferInput, list, map, message, string, types } from '../schema/types.ts'
import { validateLabelSelectorRequirement, validateLabels } from '../validation/labels.ts'

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1'

export const labelSelectorRequirement = message(
  `${META}.LabelSelectorRequirement`,
  {
    key: string(1).present().doc('The label.'),
    operator: string(2).present().doc('How the label relates to the values: In, NotIn, Exists or DoesNotExist.'),
    values: list(3, types.string)
      .atomic()
      .doc('For In and NotIn: the values the label is compared with. Empty for the others.'),
  },
  {
    doc: 'A condition on one label.',
    validate: validateLabelSelectorRequirement,
  },
)
export interface LabelSelectorRequirement extends Infer<typeof labelSelectorRequirement> {}

/** Selects objects by their labels (meta/v1 LabelSelector). */
export const labelSelector = message(
  `${META}.LabelSelector`,
  {
    matchLabels: map(1, types.string).doc('Labels and the value each must have.'),
    matchExpressions: list(2, labelSelectorRequirement).atomic().doc('Further conditions; all must hold.'),
  },
  {
    doc: 'Selects objects by their labels: all of its conditions must hold. An empty selector takes everything.',
    atomic: true,
    validate({ matchLabels }, at) {
      validateLabels(matchLabels, at.child('matchLabels'))
    },
  },
)
export interface LabelSelector extends Infer<typeof labelSelector> {}
export interface LabelSelectorInput extends InferInput<typeof labelSelector> {}
