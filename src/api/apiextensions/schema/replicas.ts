import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import type { CustomResourceSubresourceScale } from '../definition-messages.ts'
import { isObject } from './structural.ts'

const MAX_INT32 = 2 ** 31 - 1

/** Checks what the scale subresource shows (upstream's customresource/validator.go). `statusOnly`: not the wanted number. */
export function validateReplicas(
  scale: CustomResourceSubresourceScale,
  object: KubeObject,
  at: At,
  statusOnly: boolean,
): void {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale
  for (const path of statusOnly ? [statusReplicasPath] : [specReplicasPath, statusReplicasPath]) {
    const place = at.child(path)
    const value = valueAt(object, path)
    if (value === undefined) continue
    if (typeof value !== 'number' || !Number.isInteger(value)) place.invalid(0, wrongType(path, value, 'int64'))
    else if (value < 0) place.invalid(value, 'should be a non-negative integer')
    else if (value > MAX_INT32) place.invalid(value, `should be less than or equal to ${MAX_INT32}`)
  }
  if (!labelSelectorPath) return
  const selector = valueAt(object, labelSelectorPath)
  if (selector !== undefined && typeof selector !== 'string') {
    at.child(labelSelectorPath).invalid('', wrongType(labelSelectorPath, selector, 'string'))
  }
}

function valueAt(object: object, path: string): unknown {
  let value: unknown = object
  for (const step of path.replace(/^\./, '').split('.')) value = isObject(value) ? value[step] : undefined
  return value
}

const GO_TYPES: Readonly<Record<string, string>> = { number: 'float64', boolean: 'bool' }

function wrongType(path: string, value: unknown, wanted: string): string {
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const type =
    value === null
      ? '<nil>'
      : Array.isArray(value)
        ? '[]interface {}'
        : typeof value === 'object'
          ? 'map[string]interface {}'
          : (GO_TYPES[typeof value] ?? typeof value)
  return `${path} accessor error: ${shown} is of the type ${type}, expected ${wanted}`
}
