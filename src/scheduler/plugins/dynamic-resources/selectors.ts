import type { Device } from '../../../api/resource/device.ts'
import { type CompiledSelector, compileSelector } from '../../../api/resource/device-selector.ts'
import type { DeviceSelector } from '../../../api/resource/requests.ts'
import { CompileError, EvaluationError } from '../../../apimachinery/cel/index.ts'

/** Expressions kept compiled. */
const MAX_COMPILED = 256

/** An answer that cannot be had: the expression is wrong, or asks for what the device does not have. */
export class SelectorError extends Error {}

/** Asks devices what selectors say of them, each only once for as long as it does not change. */
export class Selectors {
  readonly #compiled = new Map<string, CompiledSelector>()
  readonly #answers = new WeakMap<Device, Map<string, boolean>>()

  /** Whether all selectors take the device. `whose`: for the message, as `class gpu`. Throws SelectorError. */
  match(selectors: readonly DeviceSelector[] | undefined, device: Device, driver: string, whose: string): boolean {
    return (selectors ?? []).every(({ cel }, i) => {
      try {
        return this.#matches(cel?.expression ?? '', device, driver)
      } catch (error) {
        const what = error instanceof CompileError ? 'compile' : 'runtime'
        if (!(error instanceof CompileError || error instanceof EvaluationError)) throw error
        throw new SelectorError(`${whose}: selector #${i}: CEL ${what} error: ${error.message}`)
      }
    })
  }

  #matches(expression: string, device: Device, driver: string): boolean {
    let answers = this.#answers.get(device)
    if (!answers) {
      answers = new Map()
      this.#answers.set(device, answers)
    }
    const known = answers.get(expression)
    if (known !== undefined) return known
    const { attributes, capacity, allowMultipleAllocations } = device
    const answer = this.#compile(expression).matches({ driver, attributes, capacity, allowMultipleAllocations })
    answers.set(expression, answer)
    return answer
  }

  #compile(expression: string): CompiledSelector {
    const known = this.#compiled.get(expression)
    if (known) return known
    const compiled = compileSelector(expression)
    if (this.#compiled.size >= MAX_COMPILED) this.#compiled.delete(this.#compiled.keys().next().value!)
    this.#compiled.set(expression, compiled)
    return compiled
  }
}
