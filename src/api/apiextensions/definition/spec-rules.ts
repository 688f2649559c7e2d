import { deepEqual } from '../../../apimachinery/json.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE, isDNS1035Label, isDNS1123Subdomain } from '../../../apimachinery/validation/names.ts'
import {
  type CustomResourceDefinitionSpec,
  type CustomResourceDefinitionVersion,
  schemaOf,
} from '../definition-messages.ts'
import { someSchema } from '../schema/structural.ts'
import { structuralProblem } from '../schema/validate-structural.ts'
import { validateColumn, validateSelectableFields, validateSubresources } from './column-rules.ts'
import { validateConversion } from './conversion-rules.ts'
import { type Hoisted, hoist } from './hoisted.ts'
import { validateNames } from './name-rules.ts'
import type { Options } from './options.ts'
import { validateSchema } from './schema-rules.ts'

const SCOPES = ['Cluster', 'Namespaced']

/** Checks a definition's spec (upstream's apis/apiextensions/validation). `at` is its place. */
export function validateSpec(spec: CustomResourceDefinitionSpec, given: Options, at: At): void {
  const { group, scope, names } = spec
  const hoisted = hoist(spec)
  if (group === '') at.child('group').required()
  else if (isDNS1123Subdomain(group).length > 0) at.child('group').invalid(group, isDNS1123Subdomain(group).join(','))
  else if (!group.includes('.')) at.child('group').invalid(group, 'should be a domain with at least one dot')
  if (scope === '') at.child('scope').required()
  else if (!SCOPES.includes(scope)) at.child('scope').notSupported(scope, SCOPES)
  requireSchemas(spec, given, at)
  const hasDefaults = spec.versions.some(version => someSchema(schemaOf(version), one => one.default !== undefined))
  if (hasDefaults && spec.preserveUnknownFields) {
    at.child('preserveUnknownFields').invalid(true, 'must be false in order to use defaults in the schema')
  }
  const structural = given.structural || !spec.preserveUnknownFields || hasDefaults || usesExtensions(spec)
  const options = { ...given, structural }
  hoisted.versions.forEach((version, i) => {
    validateVersion(version, statusOf(version, hoisted), options, at.child('versions').index(i))
  })
  validateVersionSet(spec, at.child('versions'))
  if (names.plural === '') at.child('names', 'plural').required()
  if (!names.singular) at.child('names', 'singular').required()
  if (names.kind === '') at.child('names', 'kind').required()
  if (!names.listKind) at.child('names', 'listKind').required()
  validateNames(names, at.child('names'))
  validateCommon(spec, hoisted, options, at)
  validateConversion(spec, options, at.child('conversion'))
}

function requireSchemas({ versions, preserveUnknownFields }: CustomResourceDefinitionSpec, options: Options, at: At) {
  versions.forEach((version, i) => {
    const place = at.child('versions').index(i).child('schema', 'openAPIV3Schema')
    if (schemaOf(version)) return
    if (options.schemaRequired) place.required()
    else if (!preserveUnknownFields && version.served) place.required('because otherwise all fields are pruned')
  })
}

const usesExtensions = ({ versions }: CustomResourceDefinitionSpec) =>
  versions.some(version =>
    someSchema(
      schemaOf(version),
      one =>
        one['x-kubernetes-embedded-resource'] === true ||
        one['x-kubernetes-preserve-unknown-fields'] !== undefined ||
        one['x-kubernetes-int-or-string'] === true ||
        (one['x-kubernetes-list-map-keys']?.length ?? 0) > 0 ||
        one['x-kubernetes-list-type'] !== undefined ||
        (one['x-kubernetes-validations']?.length ?? 0) > 0,
    ),
  )

/** Whether a version has a status subresource. */
const statusOf = ({ subresources }: CustomResourceDefinitionVersion, { common }: Hoisted): boolean =>
  (subresources ?? common.subresources)?.status !== undefined

function validateVersion(version: CustomResourceDefinitionVersion, status: boolean, options: Options, at: At): void {
  const { name } = version
  const problems = isDNS1035Label(name)
  if (problems.length > 0) at.child('name').invalid(name, problems.join(','))
  for (const problem of warningProblems(version)) {
    at.child('deprecationWarning').invalid(version.deprecationWarning ?? null, problem)
  }
  const schema = schemaOf(version)
  if (schema) validateSchema(schema, status, options, name, at.child('schema'))
  if (version.subresources) validateSubresources(version.subresources, at.child('subresources'))
  version.additionalPrinterColumns?.forEach((column, i) => {
    validateColumn(column, at.child('additionalPrinterColumns').index(i))
  })
  const { selectableFields } = version
  if (!selectableFields?.length) return
  const place = at.child('selectableFields')
  if (!schema) {
    place.invalid('', 'may only be set when `version.schema.openAPIV3Schema` is not included')
    return
  }
  const problem = structuralProblem(schema)
  if (problem !== undefined) at.child('schema', 'openAPIV3Schema').invalid('', problem)
  validateSelectableFields(selectableFields, schema, options.manyFields.has(name), place)
}

function warningProblems({ deprecated, deprecationWarning: warning }: CustomResourceDefinitionVersion): string[] {
  if (warning === undefined) return []
  if (!deprecated) return ['can only be set for deprecated versions']
  const problems: string[] = []
  if (Buffer.byteLength(warning) > 256) problems.push('must be <= 256 characters long')
  if (warning === '') problems.push('must not be an empty string')
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(warning)
  if (odd) {
    const index = Buffer.byteLength(warning.slice(0, odd.index))
    problems.push(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`)
  }
  return problems
}

function validateVersionSet({ versions }: CustomResourceDefinitionSpec, at: At): void {
  const names = new Set(versions.map(({ name }) => name))
  if (names.size < versions.length) at.invalid(shown(versions), 'must contain unique version names')
  if (versions.filter(({ storage }) => storage).length !== 1) {
    at.invalid(shown(versions), 'must have exactly one version marked as storage version')
  }
}

/** Versions as upstream shows them: by the names that their fields have within the server. */
const shown = (versions: readonly CustomResourceDefinitionVersion[]): unknown =>
  versions.map(version => ({
    Name: version.name,
    Served: version.served,
    Storage: version.storage,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }))

/** What all versions have in common. */
function validateCommon(spec: CustomResourceDefinitionSpec, { common }: Hoisted, options: Options, at: At): void {
  const schema = common.schema?.openAPIV3Schema
  const status = spec.versions.some(({ subresources }) => subresources?.status !== undefined)
  if (schema) validateSchema(schema, status, options, spec.versions[0]!.name, at.child('validation'))
  if (common.subresources) validateSubresources(common.subresources, at.child('subresources'))
  common.additionalPrinterColumns?.forEach((column, i) => {
    validateColumn(column, at.child('additionalPrinterColumns').index(i))
  })
  if (!common.selectableFields?.length) return
  const place = at.child('selectableFields')
  if (!schema) place.invalid('', 'may only be set when validations.schema is included')
  else validateSelectableFields(common.selectableFields, schema, options.manyFields.has(spec.versions[0]!.name), place)
}

/** What of a spec cannot change. */
export function validateSpecUpdate(
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec,
  namesFixed: boolean,
  at: At,
): void {
  const fixed = (value: unknown, before: unknown, place: At) => {
    if (!deepEqual(value, before)) place.invalid(value, IMMUTABLE_MESSAGE)
  }
  if (namesFixed) {
    fixed(spec.scope, old.scope, at.child('scope'))
    fixed(spec.names.kind, old.names.kind, at.child('names', 'kind'))
  }
  fixed(spec.group, old.group, at.child('group'))
  fixed(spec.names.plural, old.names.plural, at.child('names', 'plural'))
}
