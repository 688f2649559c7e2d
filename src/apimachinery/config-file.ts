import { readFileSync } from 'node:fs'
import { MachineError } from './machine-error.ts'
import { DecodeError, decode } from './schema/decode.ts'
import type { Infer, Message } from './schema/types.ts'
import { At } from './validation/at.ts'
import { parseYaml } from './yaml.ts'

/** A kind of file that tells the server how to work. */
export interface ConfigFile<M extends Message> {
  /** What it is, for error messages: `audit policy`. */
  readonly what: string
  readonly kind: string
  readonly apiVersions: readonly string[]
  readonly message: M
  validate(config: Infer<M>, at: At): void
}

/** Reads and checks a file in YAML or JSON. Throws MachineError, naming every error. */
export function readConfigFile<M extends Message>(file: ConfigFile<M>, path: string): Infer<M> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw unusable(file, path, `it cannot be read: ${(error as Error).message}`)
  }
  try {
    return parseConfig(file, text)
  } catch (error) {
    throw unusable(file, path, (error as Error).message)
  }
}

/** The checked content of a file. Throws Error with every error in its message. */
export function parseConfig<M extends Message>(file: ConfigFile<M>, text: string): Infer<M> {
  const { kind, apiVersions, message, validate } = file
  if (text.trim() === '') throw new Error('it is empty')
  const value = parseYaml(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no object')
  const { apiVersion, kind: given, metadata: _, ...fields } = value as Record<string, unknown>
  if (given !== kind || !apiVersions.includes(String(apiVersion))) {
    throw new Error(
      `it holds ${given ?? 'no kind'} in ${apiVersion ?? 'no version'}, not ${kind} in ${apiVersions.join(' or ')}`,
    )
  }
  const unknown: string[] = []
  let config: Infer<M>
  try {
    config = decode(message, fields, {
      defaults: true,
      onUnknown: path => unknown.push(`unknown field "${path}"`),
    }) as Infer<M>
  } catch (error) {
    throw error instanceof DecodeError ? new Error(error.message) : error
  }
  if (unknown.length > 0) throw new Error(`strict decoding error: ${unknown.join(', ')}`)
  const at = new At()
  validate(config, at)
  const errors = [...new Set(at.errors.map(({ field, message }) => `${field}: ${message}`))]
  if (errors.length > 0) throw new Error(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`)
  return config
}

function unusable({ what }: { readonly what: string }, path: string, why: string): MachineError {
  return new MachineError(`The ${what} ${path} cannot be used`, why, 'Mend the file, or name another one.')
}
