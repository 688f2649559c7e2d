import protobuf, { type Writer } from 'protobufjs/minimal.js'

/** The media type of gnostic's OpenAPI v2; old clients ask for it with an @ that Go's own parser refuses in an answer. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

type Json = Record<string, unknown>
type Write = (writer: Writer) => void

const BYTES = 2
const nested = (writer: Writer, number: number, write: Write) => {
  writer.uint32((number << 3) | BYTES).fork()
  write(writer)
  writer.ldelim()
}
const text = (writer: Writer, number: number, value: unknown) => {
  if (value !== undefined) writer.uint32((number << 3) | BYTES).string(String(value))
}
const flag = (writer: Writer, number: number, value: unknown) => {
  if (value) writer.uint32(number << 3).bool(true)
}
/** A map is a repeated message of name and value. */
const named = (writer: Writer, number: number, entries: Json, write: (writer: Writer, value: Json) => void) => {
  for (const [name, value] of Object.entries(entries)) {
    nested(writer, number, w => {
      text(w, 1, name)
      nested(w, 2, inner => write(inner, value as Json))
    })
  }
}
/** Extensions carry their value as YAML text; JSON is YAML. */
const extensions = (writer: Writer, number: number, object: Json) => {
  const found = Object.fromEntries(Object.entries(object).filter(([key]) => key.startsWith('x-')))
  named(writer, number, found, (w, value) => text(w, 2, JSON.stringify(value)))
}

/** An OpenAPI v2 document as the Document message of gnostic's OpenAPIv2.proto. */
export function encodeOpenapiV2(document: Json): Buffer {
  const writer = protobuf.Writer.create()
  text(writer, 1, document.swagger)
  nested(writer, 2, w => {
    const { title, version } = document.info as Json
    text(w, 1, title)
    text(w, 2, version)
  })
  nested(writer, 8, w => named(w, 2, document.paths as Json, writePathItem))
  nested(writer, 9, w => named(w, 1, document.definitions as Json, writeSchema))
  return Buffer.from(writer.finish())
}

function writeSchema(writer: Writer, schema: Json): void {
  text(writer, 1, schema.$ref)
  text(writer, 2, schema.format)
  text(writer, 4, schema.description)
  if (schema.default !== undefined) nested(writer, 5, w => text(w, 2, JSON.stringify(schema.default)))
  for (const name of (schema.required as string[] | undefined) ?? []) text(writer, 19, name)
  const { additionalProperties, type, items, properties } = schema
  if (additionalProperties === true) nested(writer, 21, w => w.uint32((2 << 3) | 0).bool(true))
  else if (additionalProperties)
    nested(writer, 21, w => nested(w, 1, inner => writeSchema(inner, additionalProperties as Json)))
  if (type) nested(writer, 22, w => text(w, 1, type))
  if (items) nested(writer, 23, w => nested(w, 1, inner => writeSchema(inner, items as Json)))
  if (properties) nested(writer, 25, w => named(w, 1, properties as Json, writeSchema))
  extensions(writer, 31, schema)
}

const METHODS: Record<string, number> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 }

function writePathItem(writer: Writer, item: Json): void {
  for (const [method, number] of Object.entries(METHODS)) {
    if (item[method]) nested(writer, number, w => writeOperation(w, item[method] as Json))
  }
  for (const parameter of (item.parameters as Json[] | undefined) ?? [])
    nested(writer, 9, w => writeParameter(w, parameter))
}

function writeOperation(writer: Writer, operation: Json): void {
  for (const tag of (operation.tags as string[] | undefined) ?? []) text(writer, 1, tag)
  text(writer, 3, operation.description)
  text(writer, 5, operation.operationId)
  for (const type of (operation.produces as string[] | undefined) ?? []) text(writer, 6, type)
  for (const type of (operation.consumes as string[] | undefined) ?? []) text(writer, 7, type)
  for (const parameter of (operation.parameters as Json[] | undefined) ?? [])
    nested(writer, 8, w => writeParameter(w, parameter))
  nested(writer, 9, w =>
    named(w, 1, (operation.responses as Json | undefined) ?? {}, (inner, response) =>
      nested(inner, 1, r => {
        text(r, 1, response.description)
        if (response.schema) nested(r, 2, s => nested(s, 1, schema => writeSchema(schema, response.schema as Json)))
      }),
    ),
  )
  extensions(writer, 13, operation)
}

function writeParameter(writer: Writer, parameter: Json): void {
  nested(writer, 1, w => {
    if (parameter.in === 'body') {
      nested(w, 1, body => {
        text(body, 2, parameter.name)
        text(body, 3, 'body')
        flag(body, 4, parameter.required)
        nested(body, 5, schema => writeSchema(schema, parameter.schema as Json))
      })
      return
    }
    const inPath = parameter.in === 'path'
    nested(w, 2, other =>
      nested(other, inPath ? 4 : 3, sub => {
        flag(sub, 1, parameter.required)
        text(sub, 2, parameter.in)
        text(sub, 3, parameter.description)
        text(sub, 4, parameter.name)
        text(sub, inPath ? 5 : 6, parameter.type)
      }),
    )
  })
}
