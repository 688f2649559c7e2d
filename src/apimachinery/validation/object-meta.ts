import type { ObjectMeta, OwnerReference } from '../meta/object-meta.ts'
import type { At } from './at.ts'
import { validateLabels } from './labels.ts'
import {
  IMMUTABLE_MESSAGE,
  isDNS1123Label,
  isQualifiedName,
  type NameFormat,
  NEGATIVE_MESSAGE,
  nameIsDNSSubdomain,
} from './names.ts'

/** Checks of an object's metadata, after upstream's apimachinery api/validation/objectmeta.go. */

const MAX_ANNOTATION_BYTES = 256 * 1024
const MAX_FIELD_MANAGER = 128
const MAX_SUBRESOURCE = 256

export interface ObjectMetaRules {
  readonly namespaced: boolean
  readonly nameFormat?: NameFormat
}

/** Annotation keys are qualified names in any case; all of them together may take 256 KiB. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, at: At): void {
  let size = 0
  for (const key in annotations) {
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key]!)
    for (const message of isQualifiedName(key.toLowerCase())) at.invalid(key, message)
  }
  if (size > MAX_ANNOTATION_BYTES) at.tooLong(MAX_ANNOTATION_BYTES)
}

function validateOwnerReference(owner: OwnerReference, at: At): void {
  const version = owner.apiVersion.slice(owner.apiVersion.indexOf('/') + 1)
  if (version === '') at.child('apiVersion').invalid(owner.apiVersion, 'version must not be empty')
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!owner[field]) at.child(field).invalid(owner[field], 'must not be empty')
  }
  if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
    at.invalid(owner, '/v1, Kind=Event is disallowed from being an owner')
  }
}

function validateOwnerReferences(owners: readonly OwnerReference[] | undefined, at: At): void {
  let controller: string | undefined
  for (const owner of owners ?? []) {
    validateOwnerReference(owner, at)
    if (!owner.controller) continue
    const name = `${owner.kind}/${owner.name}`
    if (controller !== undefined) {
      at.invalid(
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
      )
    } else {
      controller = name
    }
  }
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Finalizers of built-in kinds are standard ones, or say whose they are (upstream core validateKubeFinalizerName). */
export function validateKubeFinalizerName(name: string, at: At): void {
  if (!name.includes('/') && !STANDARD_FINALIZERS.includes(name)) {
    at.invalid(name, 'name is neither a standard finalizer name nor is it fully qualified')
  }
}

/** Finalizers are qualified names; orphaning and foreground deletion exclude each other. */
export function validateFinalizers(finalizers: readonly string[] | undefined, at: At): void {
  for (const finalizer of finalizers ?? []) {
    for (const message of isQualifiedName(finalizer)) at.invalid(finalizer, message)
  }
  if (finalizers?.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    at.invalid(finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')
  }
}

/** The name a writer goes by in managedFields: printable and at most 128 bytes. */
export function validateFieldManager(manager: string, at: At): void {
  if (Buffer.byteLength(manager) > MAX_FIELD_MANAGER) at.tooLong(MAX_FIELD_MANAGER)
  let position = 0
  for (const char of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) {
      const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      at.invalid(manager, `invalid character U+${code} (at position ${position})`)
    }
    position += Buffer.byteLength(char)
  }
}

function validateManagedFields(entries: ObjectMeta['managedFields'], at: At): void {
  entries?.forEach((entry, i) => {
    const place = at.index(i)
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      place.child('operation').invalid(entry.operation ?? '', 'must be `Apply` or `Update`')
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      place.child('fieldsType').invalid(entry.fieldsType, 'must be `FieldsV1`')
    }
    validateFieldManager(entry.manager ?? '', place.child('manager'))
    if (Buffer.byteLength(entry.subresource ?? '') > MAX_SUBRESOURCE)
      place.child('subresource').tooLong(MAX_SUBRESOURCE)
  })
}

/** Checks the metadata of a new object, once names have been generated. `at` is the place of `metadata`. */
export function validateObjectMeta(meta: ObjectMeta, at: At, rules: ObjectMetaRules): void {
  const nameFormat = rules.nameFormat ?? nameIsDNSSubdomain
  if (meta.generateName) {
    for (const message of nameFormat(meta.generateName, true))
      at.child('generateName').invalid(meta.generateName, message)
  }
  if (!meta.name) at.child('name').required('name or generateName is required')
  else for (const message of nameFormat(meta.name, false)) at.child('name').invalid(meta.name, message)

  const namespace = at.child('namespace')
  if (!rules.namespaced) {
    if (meta.namespace) namespace.forbidden('not allowed on this type')
  } else if (!meta.namespace) {
    namespace.required()
  } else {
    for (const message of isDNS1123Label(meta.namespace)) namespace.invalid(meta.namespace, message)
  }
  if ((meta.generation ?? 0) < 0) at.child('generation').invalid(meta.generation, NEGATIVE_MESSAGE)
  validateShared(meta, at)
  validateFinalizers(meta.finalizers, at.child('finalizers'))
}

function validateShared(meta: ObjectMeta, at: At): void {
  if (meta.labels) validateLabels(meta.labels, at.child('labels'))
  if (meta.annotations) validateAnnotations(meta.annotations, at.child('annotations'))
  if (meta.ownerReferences) validateOwnerReferences(meta.ownerReferences, at.child('ownerReferences'))
  if (meta.managedFields) validateManagedFields(meta.managedFields, at.child('managedFields'))
}

const FIXED = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

/** Go's spelling of a list of strings, as it stands in the message about finalizers. */
const goStrings = (values: readonly string[]) => `[]string{${values.map(value => JSON.stringify(value)).join(', ')}}`

/**
 * Checks the metadata of a changed object against the stored one; the server has already filled in what a client may leave
 * out (uid, creationTimestamp, the deletion fields).
 */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, at: At): void {
  validateFinalizers(meta.finalizers, at.child('finalizers'))
  if (old.deletionTimestamp) {
    const added = [...new Set(meta.finalizers)].filter(finalizer => !old.finalizers?.includes(finalizer)).sort()
    if (added.length > 0) {
      at.child('finalizers').forbidden(
        `no new finalizers can be added if the object is being deleted, found new finalizers ${goStrings(added)}`,
      )
    }
  }
  if (!meta.resourceVersion) {
    at.child('resourceVersion').invalid(meta.resourceVersion ?? '', 'must be specified for an update')
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    at.child('generation').invalid(meta.generation ?? 0, 'must not be decremented')
  }
  for (const field of FIXED) {
    if ((meta[field] ?? '') !== (old[field] ?? '')) at.child(field).invalid(meta[field] ?? '', IMMUTABLE_MESSAGE)
  }
  validateShared(meta, at)
}
