import { DYNAMIC, REQUEST_SHAPE, VARIABLES_TYPE } from '../../../api/admissionregistration/expressions.ts'
import { namespace as namespaceKind } from '../../../api/core/namespace.ts'
import {
  type Bindings,
  CompileError,
  CostLimitError,
  EvaluationError,
  type Program,
  toValue,
  type Value,
} from '../../../apimachinery/cel/index.ts'
import { authorizerValue, requestResourceValue } from '../../../apimachinery/cel/library/authorizer.ts'
import { ObjectValue } from '../../../apimachinery/cel/values.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { inVersion } from '../webhook/objects.ts'
import { reviewOf } from '../webhook/review.ts'
import { AccessChecks, PendingAnswer } from './access.ts'

/** What all expressions of one policy may cost for one request (apiserver apis/cel RuntimeCELCostBudget). */
const BUDGET = 10_000_000

/** The values that expressions about one request work with. */
export class RequestValues {
  readonly #bindings: Bindings
  readonly #programs: ReadonlyMap<string, Program | CompileError>
  #left = BUDGET

  private constructor(bindings: Bindings, programs: ReadonlyMap<string, Program | CompileError>) {
    this.#programs = programs
    const variables = new LazyVariables(name => this.#variable(name))
    this.#bindings = { ...bindings, variables }
  }

  /** `kind`: the version by which the expressions know the objects. */
  static async of(
    server: ApiServer,
    attributes: AdmissionAttributes,
    kind: Kind,
    programs: ReadonlyMap<string, Program | CompileError> = new Map(),
    params?: KubeObject | null,
  ): Promise<RequestValues> {
    const { namespace, context, name, subresource } = attributes
    const seen = (object: KubeObject | undefined) =>
      attributes.subresourceKind ? object : inVersion(server, object, attributes.kind, kind)
    const [object, oldObject] = await Promise.all([seen(attributes.object), seen(attributes.oldObject)])
    const { request } = reviewOf(attributes, '', 'v1', kind, undefined, undefined)
    const home = namespace ? server.resources.of(namespaceKind).cacher.get(namespace)?.object : undefined
    const access = new AccessChecks(server.policy.authorizer, context.user)
    const ask = access.ask.bind(access)
    const question = { group: kind.group, resource: kind.plural, subresource, namespace, name }
    const bindings: Bindings = {
      object: toValue(object, DYNAMIC),
      oldObject: toValue(oldObject, DYNAMIC),
      request: toValue(request, REQUEST_SHAPE),
      namespaceObject: toValue(home, DYNAMIC),
      authorizer: authorizerValue(ask),
      'authorizer.requestResource': requestResourceValue(question, ask),
      ...(params !== undefined && { params: toValue(params, DYNAMIC) }),
    }
    return new RequestValues(bindings, programs)
  }

  /** The value of an expression. Throws EvaluationError, also for what could not be compiled. */
  async evaluate(program: Program | CompileError): Promise<Value> {
    for (;;) {
      try {
        return this.#run(program)
      } catch (error) {
        if (!(error instanceof PendingAnswer)) throw error
        await error.known
      }
    }
  }

  #run(program: Program | CompileError): Value {
    if (program instanceof CompileError) throw new EvaluationError(`compilation error: ${program.message}`)
    try {
      const { value, cost } = program.evaluate(this.#bindings, this.#left)
      this.#spend(cost)
      return value
    } catch (error) {
      if (error instanceof EvaluationError && !(error instanceof CostLimitError)) this.#spend(error.cost)
      throw error
    }
  }

  #spend(cost: number): void {
    this.#left -= cost
    if (this.#left < 0) {
      throw new EvaluationError(
        'validation failed due to running out of cost budget, no further validation rules will be run',
      )
    }
  }

  #variable(name: string): Value {
    const program = this.#programs.get(name)
    if (!program) throw new EvaluationError(`no such key: ${name}`)
    return this.#run(program)
  }
}

/** `variables`: each is evaluated when it is first asked for. */
class LazyVariables extends ObjectValue {
  readonly type = VARIABLES_TYPE
  readonly #evaluate: (name: string) => Value
  readonly #known = new Map<string, { value?: Value; error?: EvaluationError }>()

  constructor(evaluate: (name: string) => Value) {
    super()
    this.#evaluate = evaluate
  }
  get size(): number {
    return this.#known.size
  }
  get(name: string): Value {
    let known = this.#known.get(name)
    if (!known) {
      known = this.#make(name)
      this.#known.set(name, known)
    }
    if (known.error) throw known.error
    return known.value!
  }
  fields(): Iterable<string> {
    return this.#known.keys()
  }
  #make(name: string) {
    try {
      return { value: this.#evaluate(name) }
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      return {
        error: new EvaluationError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`),
      }
    }
  }
}
