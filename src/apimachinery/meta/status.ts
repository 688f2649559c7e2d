import { type Infer, int32, list, message, ref, string } from '../schema/types.ts'
import { listMeta } from './object-meta.ts'

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1'

export const statusCause = message(
  `${META}.StatusCause`,
  {
    reason: string(1).doc('What kind of problem it is, as one CamelCase word.'),
    message: string(2).doc('The problem for human readers.'),
    field: string(3).doc('Path of the field at fault, as `spec.containers[0].image`.'),
  },
  { doc: 'One of several problems behind a failure.' },
)
export interface StatusCause extends Infer<typeof statusCause> {}

export const statusDetails = message(
  `${META}.StatusDetails`,
  {
    name: string(1).doc('Name of the object concerned.'),
    group: string(2).doc('Its API group.'),
    kind: string(3).doc('Its kind, or its resource.'),
    uid: string(6).doc('Its UID, where one object is meant.'),
    causes: list(4, statusCause).atomic().doc('The problems, one by one.'),
    retryAfterSeconds: int32(5).doc('Seconds after which to try again.'),
  },
  { doc: 'What a Status is about.' },
)
export interface StatusDetails extends Infer<typeof statusDetails> {}

/** The answer to a request that returns no object: every error, and some successes (meta/v1 Status). */
export const status = message(
  `${META}.Status`,
  {
    metadata: ref(1, listMeta).always().doc('Metadata as of a list.'),
    status: string(2).doc('Success or Failure.'),
    message: string(3).doc('What happened, for human readers.'),
    reason: string(4).doc('Why it failed, as one CamelCase word.'),
    details: ref(5, statusDetails).doc('What it is about.'),
    code: int32(6).doc('The HTTP status code.'),
  },
  { doc: 'The outcome of a request that returns no object.' },
)
export interface Status extends Infer<typeof status> {}
