import {
  compileVariables,
  mutationEnvironment,
  policyEnvironment,
} from '../../../api/admissionregistration/expressions.ts'
import {
  type MutatingAdmissionPolicy,
  type Mutation,
  mutatingAdmissionPolicy,
} from '../../../api/admissionregistration/mutatingadmissionpolicy.ts'
import { mutatingAdmissionPolicyBinding } from '../../../api/admissionregistration/mutatingadmissionpolicybinding.ts'
import {
  type CompileError,
  compile,
  type Environment,
  EvaluationError,
  type Program,
} from '../../../apimachinery/cel/index.ts'
import { toJson } from '../../../apimachinery/cel/to-json.ts'
import { forbidden, StatusError } from '../../../apimachinery/errors.ts'
import { mergeInto } from '../../../apimachinery/fieldmanager/merge.ts'
import { shapeOfType } from '../../../apimachinery/fieldmanager/typed.ts'
import { deepEqual } from '../../../apimachinery/json.ts'
import { applyJsonPatch } from '../../../apimachinery/patch/json-patch.ts'
import type { Kind, KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import { Matcher } from '../webhook/matching.ts'
import { become, completed, inVersion } from '../webhook/objects.ts'
import { type Bound, boundTo } from './bound.ts'
import { RequestValues } from './evaluation.ts'
import { attempt, conditionsHold } from './match-conditions.ts'
import { ParamsError, paramsOf } from './params.ts'

type Spec = MutatingAdmissionPolicy['spec']

interface Compiled {
  readonly variables: ReadonlyMap<string, Program | CompileError>
  readonly conditions: Environment
  readonly mutations: readonly { readonly type: Mutation['patchType']; readonly program: Program | CompileError }[]
}

/** Changes objects by expressions in CEL (upstream plugin/policy/mutating, KEP-3962). */
export function mutatingPolicies(server: ApiServer): AdmissionPlugin {
  const policies = server.resources.of(mutatingAdmissionPolicy).cacher
  const bindings = server.resources.of(mutatingAdmissionPolicyBinding).cacher
  const matcher = new Matcher(server)
  return {
    name: 'MutatingAdmissionPolicy',
    handles: ({ object }) => bindings.size > 0 && policies.size > 0 && object !== undefined,
    async admit(attributes, round) {
      let changed = false
      for (const bound of boundTo(policies.values(), bindings.values(), matcher, attributes)) {
        if (round.second && bound.policy.spec.reinvocationPolicy !== 'IfNeeded') continue
        if (await mutate(server, bound, attributes)) changed = true
      }
      if (changed && !round.second) {
        const again = [...policies.values()].some(({ object }) => object.spec.reinvocationPolicy === 'IfNeeded')
        if (again) round.wantsSecond = true
      }
    },
  }
}

type BoundPolicy = Bound<
  MutatingAdmissionPolicy,
  { readonly metadata: { name?: string }; readonly spec: { readonly paramRef?: Parameters<typeof paramsOf>[2] } }
>

const compiledPolicies = new WeakMap<Spec, Compiled>()

function compiledOf(spec: Spec): Compiled {
  const known = compiledPolicies.get(spec)
  if (known) return known
  const hasParams = spec.paramKind !== undefined
  const { environment, programs } = compileVariables(hasParams, spec.variables ?? [], () => {})
  const mutating = mutationEnvironment(environment)
  const made: Compiled = {
    variables: programs,
    conditions: policyEnvironment(hasParams, new Map()),
    mutations: (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) => ({
      type: patchType,
      program: attempt(() => compile((applyConfiguration ?? jsonPatch)?.expression ?? '', mutating)),
    })),
  }
  compiledPolicies.set(spec, made)
  return made
}

/** Lets one policy change the object. Resolves to whether it did. */
async function mutate(
  server: ApiServer,
  { policy, binding, kind }: BoundPolicy,
  attributes: AdmissionAttributes,
): Promise<boolean> {
  const { spec } = policy
  const { object, subresourceKind } = attributes
  try {
    const { variables, conditions, mutations } = compiledOf(spec)
    let changed = false
    for (const params of paramsOf(server, spec.paramKind, binding.spec.paramRef, attributes.namespace)) {
      const given = spec.paramKind ? params : undefined
      for (const { type, program } of mutations) {
        // Each change is seen by the next.
        const values = await RequestValues.of(server, attributes, kind, variables, given)
        if (!(await conditionsHold(spec.matchConditions ?? [], values, conditions))) break
        const made = toJson(await values.evaluate(program))
        // What a subresource shows has one version.
        const [own, known] = subresourceKind ? [subresourceKind, subresourceKind] : [attributes.kind, kind]
        const shown = (await inVersion(server, object, own, known))!
        const next = type === 'JSONPatch' ? applyJsonPatch(shown, made) : applied(known, shown, made)
        const whole = completed(server, known, next, attributes)
        const result = (await inVersion(server, whole, known, own))!
        if (deepEqual(result, object)) continue
        become(object!, structuredClone(result))
        changed = true
      }
    }
    return changed
  } catch (error) {
    const isOurs = error instanceof EvaluationError || error instanceof ParamsError || error instanceof StatusError
    if (!isOurs) throw error
    if (spec.failurePolicy === 'Ignore') return false
    const which = `policy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
    throw forbidden(
      attributes.kind,
      attributes.name || (object?.metadata.generateName ?? ''),
      `${which} denied request: ${error.message}`,
    )
  }
}

/** The object with a configuration merged in, as server-side apply would. */
function applied(kind: Kind, object: KubeObject, configuration: unknown): unknown {
  return mergeInto(shapeOfType(kind.message), object, configuration)
}
