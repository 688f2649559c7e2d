import { type Infer, list, map, message, string, types } from '../../apimachinery/schema/types.ts'

export const userInfo = message(
  'k8s.io.api.authentication.v1.UserInfo',
  {
    username: string(1).doc('The name.'),
    uid: string(2).doc('An id that is never given to another.'),
    groups: list(3, types.string).atomic().doc('The groups.'),
    extra: map(4, types.list(types.string)).doc('What else the authenticator says.'),
  },
  {
    doc: 'Who someone is.',
  },
)
export interface UserInfo extends Infer<typeof userInfo> {}
