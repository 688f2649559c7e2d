import type { At } from '../../../apimachinery/validation/at.ts'
import { isKnownFormat } from '../../../apimachinery/validation/formats.ts'
import { APPROVAL_ANNOTATION, approvalOf, isProtectedGroup } from '../approval.ts'
import { type CustomResourceDefinition, schemaOf } from '../definition-messages.ts'
import { itemsOf, someSchema } from '../schema/structural.ts'
import { isBundle } from './conversion-rules.ts'
import { validateNames } from './name-rules.ts'
import { OLD, type Options, optionsFor, STRICT } from './options.ts'
import { validateSpec, validateSpecUpdate } from './spec-rules.ts'

export function validateDefinition(crd: CustomResourceDefinition, at: At): void {
  validateAll(crd, undefined, STRICT, at)
  validateApproval(crd, undefined, at)
  validateUnknownFields(crd, undefined, at)
}

export function validateDefinitionUpdate(crd: CustomResourceDefinition, old: CustomResourceDefinition, at: At): void {
  validateAll(crd, old, optionsFor(crd, old), at)
  validateApproval(crd, old, at)
  validateUnknownFields(crd, old, at)
}

/** The same for a definition that was written in v1beta1. */
export function validateOldDefinition(crd: CustomResourceDefinition, at: At): void {
  validateAll(crd, undefined, { ...STRICT, ...OLD }, at)
}

export function validateOldDefinitionUpdate(
  crd: CustomResourceDefinition,
  old: CustomResourceDefinition,
  at: At,
): void {
  validateAll(crd, old, { ...optionsFor(crd, old), ...OLD }, at)
}

function validateAll(
  crd: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
  options: Options,
  at: At,
) {
  const { names, group } = crd.spec
  const { name = '' } = crd.metadata
  if (!old && name !== `${names.plural}.${group}`) {
    at.child('metadata', 'name').invalid(name, 'must be spec.names.plural+"."+spec.group')
  }
  const oldBundle = old?.spec.conversion?.webhook?.clientConfig?.caBundle
  const anyBundle = options.anyBundle || (oldBundle !== undefined && oldBundle !== '' && !isBundle(oldBundle))
  validateSpec(crd.spec, { ...options, anyBundle }, at.child('spec'))
  if (old) validateSpecUpdate(crd.spec, old.spec, options.namesFixed, at.child('spec'))
  validateDefinitionStatus(crd, at)
  validateStoredVersions(crd, at)
}

export function validateDefinitionStatus({ status }: CustomResourceDefinition, at: At): void {
  validateNames(status.acceptedNames, at.child('status', 'acceptedNames'))
}

function validateStoredVersions({ spec, status: { storedVersions } }: CustomResourceDefinition, root: At): void {
  const at = root.child('status', 'storedVersions')
  if (storedVersions.length === 0) {
    at.invalid(storedVersions, 'must have at least one stored version')
    return
  }
  for (const { name, storage } of spec.versions) {
    if (storage && !storedVersions.includes(name)) {
      at.invalid(storedVersions, `must have the storage version ${name}`)
    }
  }
  storedVersions.forEach((version, i) => {
    if (spec.versions.some(({ name }) => name === version)) return
    const rule = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`
    at.index(i).invalid(version, rule)
  })
}

function validateApproval(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined, root: At): void {
  if (!isProtectedGroup(crd.spec.group)) return
  const { annotations } = crd.metadata
  const { state, reason } = approvalOf(annotations)
  if (old && approvalOf(old.metadata.annotations).state === state) return
  const at = root.child('metadata', 'annotations').key(APPROVAL_ANNOTATION)
  if (state === 'invalid') at.invalid(annotations?.[APPROVAL_ANNOTATION], reason)
  else if (state === 'missing') at.required(reason)
}

function validateUnknownFields(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined, at: At): void {
  if (old?.spec.preserveUnknownFields || !crd.spec.preserveUnknownFields) return
  const why = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  at.child('spec', 'preserveUnknownFields').invalid(true, why)
}

/** Notes on what a definition says that will not have the effect it seems to have, and did not say before. */
export function definitionWarnings(crd: CustomResourceDefinition, old?: CustomResourceDefinition): readonly string[] {
  const before = new Set(old && warningsOf(old))
  return warningsOf(crd).filter(warning => !before.has(warning))
}

function warningsOf({ spec }: CustomResourceDefinition): string[] {
  const formats: string[] = []
  const sets = new Set<string>()
  for (const version of spec.versions) {
    someSchema(schemaOf(version), schema => {
      const { type, format } = schema
      if (format && !isKnownFormat(type, format)) formats.push(`unrecognized format ${JSON.stringify(format)}`)
      const items = schema['x-kubernetes-list-type'] === 'set' ? itemsOf(schema)?.type : undefined
      if (items === 'object' || items === 'array') sets.add(items)
      return false
    })
  }
  const odd = 'is not supported by server-side apply or CEL validation rules'
  const notes = [...sets].sort().map(items => `x-kubernetes-list-type: set for items of type "${items}" ${odd}`)
  return [...formats, ...notes]
}
