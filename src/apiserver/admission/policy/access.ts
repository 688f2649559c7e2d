import type { AccessAnswer, AccessQuestion } from '../../../apimachinery/cel/library/authorizer.ts'
import type { Attributes, Authorizer, Decision } from '../../authorization/authorizer.ts'
import type { UserInfo } from '../../request.ts'

/** An expression asked what is not known yet. Once it is, the evaluation is done again. */
export class PendingAnswer extends Error {
  readonly known: Promise<void>
  constructor(known: Promise<void>) {
    super('an access check is under way')
    this.known = known
  }
}

/** Answers what expressions ask of the authorizer about a request's user, each question once. */
export class AccessChecks {
  readonly #authorizer: Authorizer
  readonly #user: UserInfo
  readonly #known = new Map<string, AccessAnswer>()

  constructor(authorizer: Authorizer, user: UserInfo) {
    this.#authorizer = authorizer
    this.#user = user
  }

  /** Throws PendingAnswer where the authorizer takes its time. */
  ask(question: AccessQuestion): AccessAnswer {
    const key = JSON.stringify(question)
    const known = this.#known.get(key)
    if (known) return known
    throw new PendingAnswer(
      Promise.resolve(this.#authorizer.authorize(this.#attributesOf(question))).then(
        decision => void this.#known.set(key, answerOf(decision)),
        error => void this.#known.set(key, { allowed: false, reason: '', error: error.message }),
      ),
    )
  }

  #attributesOf(question: AccessQuestion): Attributes {
    const { serviceAccount: account, path = '', verb = '' } = question
    const user = account
      ? {
          name: `system:serviceaccount:${account.namespace}:${account.name}`,
          groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
        }
      : this.#user
    const { group = '', resource = '', subresource = '', namespace = '', name = '', fieldSelector } = question
    const isResourceRequest = question.path === undefined
    return {
      user,
      verb,
      path,
      isResourceRequest,
      version: '*',
      group,
      resource,
      subresource,
      namespace,
      name,
      fieldSelector,
    }
  }
}

const answerOf = ({ verdict, reason }: Decision): AccessAnswer => ({ allowed: verdict === 'allow', reason })
