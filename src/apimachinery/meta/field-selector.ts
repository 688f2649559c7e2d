import { type Infer, list, message, string, types } from '../schema/types.ts'

/** A condition on one field, as an authorizer sees it (meta/v1 FieldSelectorRequirement). */
export const fieldSelectorRequirement = message(
  'k8s.io.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement',
  {
    key: string(1).present().doc('The field.'),
    operator: string(2).present().doc('In, NotIn, Exists or DoesNotExist.'),
    values: list(3, types.string).atomic().doc('For In and NotIn: the values the field is compared with.'),
  },
  { doc: 'A condition on one field.' },
)
export interface FieldSelectorRequirement extends Infer<typeof fieldSelectorRequirement> {}
