import type { Clock } from '../../../apimachinery/clock.ts'
import { StatusError, unsupportedMediaType } from '../../../apimachinery/errors.ts'
import { duplicateKeys, parseJson } from '../../../apimachinery/json.ts'
import type { Kind } from '../../../apimachinery/schema/kind.ts'
import { decodeProtobuf } from '../../../apimachinery/schema/protobuf.ts'
import { parseYaml } from '../../../apimachinery/yaml.ts'
import type { Resource } from '../../registry/resource.ts'
import type { RequestContext } from '../../request.ts'
import type { Exchange } from '../../server/exchange.ts'
import { CONTENT_TYPES, mediaType, type Negotiated, negotiate } from '../negotiate.ts'
import type { RequestInfo } from '../request-info.ts'
import { checkTypeMeta, unreadable, unrecognized } from './unrecognized.ts'

/** Largest body of a write (upstream's MaxRequestBodyBytes). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024

/** Everything a handler of one resource request works with. */
export interface Scope {
  readonly exchange: Exchange
  readonly info: RequestInfo
  readonly resource: Resource
  readonly context: RequestContext
  readonly clock: Clock
  /** To be called when a watch has sent what it begins with. */
  readonly caughtUp: () => void
}

/** A decoded body, and the keys that stood twice in it. */
export interface Body {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

export const negotiated = ({ exchange, resource }: Scope): Negotiated =>
  negotiate(exchange.headers.accept, !resource.kind.custom)

/** Reads and parses the body by its content type. Throws 400, 413, 415. */
export async function readObject({ exchange, context }: Scope, kind: Kind): Promise<Body> {
  const bytes = await exchange.body(MAX_BODY_BYTES)
  const type = mediaType(exchange.headers['content-type'])
  try {
    return parseObject(bytes, type, kind.custom ? undefined : kind, context)
  } catch (error) {
    throw error instanceof StatusError ? error : unrecognized(kind.kind, (error as Error).message, bytes)
  }
}

/** Parses an object in one of the three encodings. `kind` is what protobuf is decoded as. Throws Error, or StatusError 415. */
export function parseObject(bytes: Buffer, type: string, kind: Kind | undefined, context: RequestContext): Body {
  const body = parsedObject(bytes, type, kind, context)
  context.audit?.requestObject(body.value)
  return body
}

function parsedObject(bytes: Buffer, type: string, kind: Kind | undefined, context: RequestContext): Body {
  switch (type) {
    case '':
    case 'application/json': {
      const text = bytes.toString('utf8')
      const strict = context.fieldValidation !== 'Ignore'
      return { value: typed(jsonOf(text)), duplicates: strict ? duplicateKeys(text) : [] }
    }
    case 'application/yaml': {
      const duplicates: string[] = []
      const value = parseYaml(bytes.toString('utf8'), path => duplicates.push(path))
      return { value: typed(value), duplicates }
    }
    case 'application/vnd.kubernetes.protobuf':
      if (kind) return { value: decodeProtobuf(kind, bytes), duplicates: [] }
  }
  const { json, yaml, protobuf } = CONTENT_TYPES
  throw unsupportedMediaType(kind ? [json, yaml, protobuf] : [json, yaml])
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw unreadable((error as Error).message)
  }
}

function typed(value: unknown): object {
  checkTypeMeta(value)
  return (value as object | null) ?? {}
}
