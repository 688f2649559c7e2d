import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../apiserver.ts'
import type { RequestContext } from '../request.ts'

/** A kind whose POST is a question: nothing is stored, the answer is the object with its status filled in. */
export interface Review {
  readonly kind: Kind
  answer(
    server: ApiServer,
    object: KubeObject,
    namespace: string,
    context: RequestContext,
  ): Promise<KubeObject> | KubeObject
}
