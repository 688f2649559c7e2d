import type { CustomResourceDefinition } from '../../api/apiextensions/definition-messages.ts'
import { shapeOf } from '../../api/apiextensions/rules/shape.ts'
import { allKinds } from '../../api/index.ts'
import { oldVersions } from '../../api/old-versions/index.ts'
import { typeOfShape } from '../../apimachinery/cel/environment.ts'
import { type CelType, STRING } from '../../apimachinery/cel/index.ts'
import { typeOfMessage, typeOfObject } from '../../apimachinery/cel/message-type.ts'
import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import type { Message } from '../../apimachinery/schema/types.ts'
import type { Named } from './matched-kinds.ts'

/** A kind, and what expressions see of its objects; undefined where nothing is known of them. */
export interface TypedKind extends Named {
  readonly type: CelType | undefined
}

const builtIn: readonly TypedKind[] = [...allKinds, ...oldVersions].map(kind => {
  const { group, version, plural, singular, message } = kind
  return {
    group,
    version,
    kind: kind.kind,
    plural,
    singular,
    get type() {
      return typeOfObject(message as Message, kind.kind)
    },
  }
})

/** All kinds that are served, with the types of their objects. */
export const typedKinds = (definitions: readonly CustomResourceDefinition[]): readonly TypedKind[] => [
  ...builtIn,
  ...definitions.flatMap(customKinds),
]

function customKinds({ spec, status }: CustomResourceDefinition): TypedKind[] {
  const { kind, plural, singular = '' } = status.acceptedNames
  return spec.versions
    .filter(version => version.served)
    .map(({ name, schema }) => ({
      group: spec.group,
      version: name,
      kind,
      plural,
      singular,
      get type() {
        const shape = schema?.openAPIV3Schema && shapeOf(schema.openAPIV3Schema, true, kind)
        const type = shape && typeOfShape(shape)
        if (type?.kind !== 'object' || spec.preserveUnknownFields) return undefined
        const whole = { apiVersion: STRING, kind: STRING, metadata: typeOfMessage(objectMeta as unknown as Message) }
        return { ...type, fields: new Map([...type.fields, ...Object.entries(whole)]) }
      },
    }))
}
