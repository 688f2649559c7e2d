import type { FlowController, Schema } from '../flowcontrol/flow-controller.ts'
import type { FlowRequest } from '../flowcontrol/queue.ts'
import type { Query, UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'
import { isLongRunning, type RequestInfo } from './request-info.ts'

/** A request's place among those worked on. */
export class Place {
  readonly #flow: FlowController
  readonly #schema: Schema
  readonly #request: FlowRequest
  /** A watch is no longer counted once it has caught up. */
  readonly #forgetWatch: (() => void) | undefined

  constructor(flow: FlowController, schema: Schema, request: FlowRequest, forgetWatch: (() => void) | undefined) {
    this.#flow = flow
    this.#schema = schema
    this.#request = request
    this.#forgetWatch = forgetWatch
  }

  /** The watch has caught up: from now on it costs next to nothing, and its place is free. */
  caughtUp(): void {
    this.#flow.finish(this.#schema, this.#request, true)
  }

  leave(): void {
    this.#flow.finish(this.#schema, this.#request, this.#forgetWatch !== undefined)
    this.#forgetWatch?.()
  }
}

/**
 * Waits for a request's turn by priority and fairness, and says in the answer's headers how it was sorted. Connections take
 * no place. Throws 429.
 */
export function takePlace(
  flow: FlowController,
  info: RequestInfo,
  user: UserInfo,
  exchange: Pick<Exchange, 'query' | 'setHeader' | 'signal'>,
): Place | undefined | Promise<Place> {
  const isWatch = info.verb === 'watch'
  if (isLongRunning(info) && !isWatch) return undefined
  const schema = flow.classify(info, user)
  if (schema.uid) exchange.setHeader('x-kubernetes-pf-flowschema-uid', schema.uid)
  if (schema.level.uid) exchange.setHeader('x-kubernetes-pf-prioritylevel-uid', schema.level.uid)
  const turn = flow.admit(schema, info, user, exchange.query, () => exchange.signal)
  const forgetWatch = isWatch ? flow.watches.add(info, nodeOf(exchange.query)) : undefined
  // What need not wait goes on without giving way to others.
  if (!(turn instanceof Promise)) return new Place(flow, schema, turn, forgetWatch)
  return turn.then(
    request => new Place(flow, schema, request, forgetWatch),
    error => {
      forgetWatch?.()
      throw error
    },
  )
}

/** The node whose pods alone a watch is about. */
const nodeOf = (query: Query): string | undefined =>
  /(?:^|,)spec\.nodeName==?([^,]+)/.exec(query.string('fieldSelector'))?.[1]
