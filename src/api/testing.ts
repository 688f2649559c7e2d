import { decode } from '../apimachinery/schema/decode.ts'
import type { InputOf, Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import { validate, validateImmutable } from '../apimachinery/schema/validate.ts'
import { At } from '../apimachinery/validation/at.ts'

/** What tests of kinds share: an object as the server would store it, and what the server would say about it. */

/** Decodes an object and fills in its defaults. The input may be wrong: tests of bad input pass anything. */
export function filled<T extends KubeObject, I>(kind: Kind<T, I>, input: InputOf<Kind<T, I>> | object): T {
  const object = decode(kind.message, input as object, { defaults: true }) as T
  Object.assign(object, { apiVersion: kind.apiVersion, kind: kind.kind })
  kind.defaults?.(object)
  return object
}

/** The form that the server checks an object in, and the kind whose rules it goes by. */
function ruled(kind: Kind, object: KubeObject): [Kind, KubeObject] {
  const { storedAs } = kind
  return storedAs?.rules === 'stored' ? [storedAs.kind as Kind, storedAs.toStored(object)] : [kind, object]
}

const texts = (at: At) => at.errors.map(({ field, message }) => `${field}: ${message}`)

/** What is wrong with a new object, as `field: message`. */
export function problems<T extends KubeObject, I>(kind: Kind<T, I>, input: InputOf<Kind<T, I>> | object): string[] {
  const object = filled(kind, input)
  kind.prepareForCreate?.(object)
  const at = new At()
  const [rules, checked] = ruled(kind as unknown as Kind, object)
  validate(rules.message, checked, at)
  rules.validate?.(checked, at)
  rules.validateCreate?.(checked, at)
  return texts(at)
}

/** What is wrong with changing one object into another. */
export function updateProblems<T extends KubeObject, I>(kind: Kind<T, I>, old: object, changed: object): string[] {
  const [before, now] = [filled(kind, old), filled(kind, changed)]
  kind.prepareForCreate?.(before)
  kind.prepareForUpdate?.(now, before)
  const at = new At()
  const [rules, checked] = ruled(kind as unknown as Kind, now)
  validate(rules.message, checked, at)
  validateImmutable(kind.message, now, before, at)
  rules.validate?.(checked, at)
  rules.validateUpdate?.(checked, ruled(kind as unknown as Kind, before)[1], at)
  return texts(at)
}

/** The cells of an object's row in `kubectl get -o wide`, by column. `now` in ms. */
export function row<T extends KubeObject, I>(kind: Kind<T, I>, object: T, now = 0): Record<string, unknown> {
  return Object.fromEntries((kind.columns ?? []).map(column => [column.name, column.cell(object, now)]))
}
