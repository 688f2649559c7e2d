import { isTrue } from '../../api/apiextensions/conditions.ts'
import { schemaOf } from '../../api/apiextensions/definition-messages.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../api/apiextensions/index.ts'
import { CustomSchema } from '../../api/apiextensions/schema/custom-schema.ts'
import { validateReplicas } from '../../api/apiextensions/schema/replicas.ts'
import { methodNotAllowed } from '../../apimachinery/errors.ts'
import { compileJsonPath } from '../../apimachinery/json-path.ts'
import { ALL_VERBS, type Kind, type KubeObject } from '../../apimachinery/schema/kind.ts'
import type { Message } from '../../apimachinery/schema/types.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { compareVersions } from '../discovery/priority.ts'
import { customColumns } from './custom-columns.ts'
import { customMessage } from './custom-message.ts'
import { finalizerWarnings } from './finalizer-warnings.ts'
import { publishedSchema } from './published-schema.ts'

type WithStatus = KubeObject & { status?: unknown }

/** A version of a custom resource, ready to be served. */
export interface CustomVersion {
  readonly kind: Kind
  readonly schema: CustomSchema
}

/**
 * Makes a kind of one version of a definition, by the names it was accepted with. What is large is made when it is first
 * needed. `current` gives the definition as it is now.
 */
export function customVersion(
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  current: () => CustomResourceDefinition,
): CustomVersion {
  const { group, scope, preserveUnknownFields } = crd.spec
  const { plural, singular = '', shortNames, kind: name, listKind, categories } = crd.status.acceptedNames
  const schema = new CustomSchema(schemaOf(version), preserveUnknownFields)
  const { status, scale } = version.subresources ?? {}
  const apiVersion = `${group}/${version.name}`
  let message: Message<KubeObject> | undefined
  let columns: Kind['columns']
  const checkReplicas = (object: KubeObject, at: At, statusOnly: boolean) => {
    if (scale) validateReplicas(scale, object, at, statusOnly)
  }
  const kind: Kind = {
    group,
    version: version.name,
    apiVersion,
    kind: name,
    listKind,
    plural,
    singular,
    shortNames,
    categories,
    scope: scope as Kind['scope'],
    verbs: ALL_VERBS,
    doc: schema.schema.description,
    ...(version.deprecated && { deprecated: { warning: deprecationOf(crd, version) } }),
    tracksGeneration: true,
    subresources: {
      status: status !== undefined,
      ...(scale && {
        scale: {
          specReplicas: scale.specReplicasPath,
          statusReplicas: scale.statusReplicasPath,
          selector: object => textAt(object, scale.labelSelectorPath),
        },
      }),
    },
    get message() {
      message ??= customMessage(`${reversed(group)}.${version.name}.${name}`, schema)
      return message
    },
    get columns() {
      columns ??= customColumns(version.additionalPrinterColumns)
      return columns
    },
    selectableFields: Object.fromEntries(
      (version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), selectorOf(jsonPath)]),
    ),
    custom: {
      openapi: shape => (preserveUnknownFields ? { type: 'object' } : publishedSchema(schema.schema, shape)),
    },
    prepareForCreate() {
      if (!isTrue(current(), 'Terminating')) return
      const refusal = methodNotAllowed(kind, 'create')
      refusal.message = 'create not allowed while custom resource definition is terminating'
      refusal.status.message = refusal.message
      throw refusal
    },
    prepareForStatusUpdate(object, old) {
      const { status: wanted, metadata } = object as WithStatus
      const { managedFields } = metadata
      for (const key of Object.keys(object)) delete (object as unknown as Record<string, unknown>)[key]
      Object.assign(object, structuredClone(old))
      object.metadata.managedFields = managedFields
      if (wanted === undefined) delete (object as WithStatus).status
      else (object as WithStatus).status = wanted
    },
    validateCreate(object, at) {
      schema.validateCreate(object, at, () => checkReplicas(object, at, false))
    },
    validateUpdate(object, old, at) {
      schema.validateUpdate(object, old, at, () => checkReplicas(object, at, false))
    },
    validateStatusUpdate(object, old, at) {
      schema.validateStatusUpdate(object, old, at, () => checkReplicas(object, at, true))
    },
    warnings: (object, old) => [...finalizerWarnings(object, old), ...schema.warningsOf(object)],
  }
  return { kind, schema }
}

/** What users of a version are told that is on its way out. */
function deprecationOf({ spec }: CustomResourceDefinition, version: CustomResourceDefinitionVersion): string {
  if (version.deprecationWarning !== undefined) return version.deprecationWarning
  const { kind } = spec.names
  const [best] = spec.versions
    .filter(({ served, deprecated, name }) => served && !deprecated && compareVersions(name, version.name) < 0)
    .map(({ name }) => name)
    .sort(compareVersions)
  const use = best ? `; use ${spec.group}/${best} ${kind}` : ''
  return `${spec.group}/${version.name} ${kind} is deprecated${use}`
}

const reversed = (group: string) => group.split('.').reverse().join('.')

function textAt(object: KubeObject, path: string | undefined): string {
  const value = path ? compileJsonPath(path).find(object)[0] : undefined
  return typeof value === 'string' ? value : ''
}

function selectorOf(path: string): (object: KubeObject) => string {
  const compiled = compileJsonPath(path)
  return object => {
    const value = compiled.find(object)[0]
    return value === undefined || value === null ? '' : String(value)
  }
}
