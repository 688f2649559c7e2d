import { notAcceptable } from '../../apimachinery/errors.ts'
import { own } from '../../apimachinery/own.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf'

/** How a client wants its answer. */
export interface Negotiated {
  readonly encoding: Encoding
  /** Another form than the object itself. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly asVersion?: string
  readonly pretty?: boolean
}

export const CONTENT_TYPES: Record<Encoding, string> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
}

const ENCODINGS: Record<string, Encoding> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
  'application/*': 'json',
  '*/*': 'json',
}
const PLAIN: Negotiated = { encoding: 'json' }

interface Choice {
  type: string
  params: Record<string, string>
  q: number
}

function parseAccept(accept: string): Choice[] {
  return accept
    .split(',')
    .map(part => {
      const [type = '', ...rest] = part.split(';').map(s => s.trim())
      const params = Object.fromEntries(rest.map(p => p.split('=', 2) as [string, string]))
      return { type: type.toLowerCase(), params, q: params.q ? Number(params.q) : 1 }
    })
    .sort((a, b) => b.q - a.q)
}

/**
 * Picks the form of the answer from an Accept header: the first the server can make. `protobuf` says whether this answer
 * can be protobuf at all. Throws 406.
 */
export function negotiate(accept: string | undefined, protobuf: boolean): Negotiated {
  if (!accept || accept === '*/*' || accept === 'application/json') return PLAIN
  const choices = parseAccept(accept)
  for (const { type, params } of choices) {
    const encoding = own(ENCODINGS, type)
    if (!encoding || (encoding === 'protobuf' && !protobuf)) continue
    if (params.stream && params.stream !== 'watch') continue
    const { as } = params
    if (as === undefined) return { encoding }
    const known = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
    const right = params.g === 'meta.k8s.io' && (params.v === 'v1' || params.v === 'v1beta1')
    if (known && right) return { encoding, as, asVersion: params.v }
  }
  const { json, yaml, protobuf: binary } = CONTENT_TYPES
  throw notAcceptable(protobuf ? [json, yaml, binary] : [json, yaml])
}

/** The media type of a header, without its parameters. */
export const mediaType = (header: string | undefined): string => (header ?? '').split(';')[0]!.trim().toLowerCase()
