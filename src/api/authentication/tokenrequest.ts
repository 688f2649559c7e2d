import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int64, list, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { validateTokenRequest } from './tokenrequest-rules.ts'

export const boundObjectReference = message(
  'k8s.io.api.authentication.v1.BoundObjectReference',
  {
    kind: string(1).doc('Its kind: Pod, Secret or Node.'),
    apiVersion: string(2).doc('Its API version.'),
    name: string(3).doc('Its name.'),
    uid: string(4).doc('Its UID.'),
  },
  {
    doc: 'An object that a token dies with.',
  },
)
export interface BoundObjectReference extends Infer<typeof boundObjectReference> {}

export const tokenRequestSpec = message(
  'k8s.io.api.authentication.v1.TokenRequestSpec',
  {
    audiences: list(1, types.string).always().atomic().doc('Whom it is for.'),
    expirationSeconds: int64(4)
      .pointer()
      .default(3600)
      .doc('Seconds it should be good for; the server may choose otherwise.'),
    boundObjectRef: ref(3, boundObjectReference).doc('An object that it dies with.'),
  },
  {
    doc: 'The token that is asked for.',
  },
)
export interface TokenRequestSpec extends Infer<typeof tokenRequestSpec> {}

export const tokenRequestStatus = message(
  'k8s.io.api.authentication.v1.TokenRequestStatus',
  {
    token: string(1).always().doc('The token.'),
    expirationTimestamp: time(2).always().doc('Until when it is good.'),
  },
  {
    doc: 'The token.',
  },
)
export interface TokenRequestStatus extends Infer<typeof tokenRequestStatus> {}

const fields = {
  spec: ref(2, tokenRequestSpec).always().doc('The token that is asked for.'),
  status: ref(3, tokenRequestStatus).always().doc('The token.'),
}
export interface TokenRequest extends ObjectOf<typeof fields> {}

export const tokenRequest = kind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  plural: 'tokenrequests',
  scope: 'Namespaced',
  doc: 'Asks for a token of a service account.',
  fields,
  verbs: ['create'],
  virtual: true,
  tracksGeneration: false,
  validate({ spec }, at) {
    validateTokenRequest(spec, at.child('spec'))
  },
})
