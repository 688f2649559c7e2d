import type { At } from '../../../apimachinery/validation/at.ts'
import {
  isConfigMapKey,
  isDNS1123Label,
  isDNS1123Subdomain,
  isRelaxedEnvVarName,
  nameIsDNSSubdomain,
} from '../../../apimachinery/validation/names.ts'
import type { EnvFromSource, EnvVar, FileKeySelector } from './env.ts'
import { validateFieldRef, validateResourceFieldRef } from './field-refs.ts'
import { validateNoBacksteps } from './paths.ts'

const FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

function validateKeyRef(ref: { readonly name?: string; readonly key: string }, at: At): void {
  at.child('name').invalidEach(ref.name ?? '', isDNS1123Subdomain(ref.name ?? ''))
  if (ref.key === '') at.child('key').required()
  else at.child('key').invalidEach(ref.key, isConfigMapKey(ref.key))
}

function validateFileKeyRef(ref: FileKeySelector, at: At): void {
  if (ref.key === '') at.child('key').required()
  else at.child('key').invalidEach(ref.key, isRelaxedEnvVarName(ref.key))
  if (ref.volumeName === '') at.child('volumeName').required()
  else at.child('volumeName').invalidEach(ref.volumeName, isDNS1123Label(ref.volumeName))
  if (ref.path === '') at.child('path').required()
  else validateNoBacksteps(ref.path, at.child('path'))
}

/** Checks an environment variable: its name, and that its value comes from one place. */
export function validateEnvVar(env: EnvVar, at: At): void {
  if (env.name === '') at.child('name').required()
  else at.child('name').invalidEach(env.name, isRelaxedEnvVarName(env.name))
  const from = env.valueFrom
  if (!from) return

  const place = at.child('valueFrom')
  if (from.fieldRef) validateFieldRef(from.fieldRef, FIELDS, place.child('fieldRef'))
  if (from.resourceFieldRef) validateResourceFieldRef(from.resourceFieldRef, place.child('resourceFieldRef'), false)
  if (from.configMapKeyRef) validateKeyRef(from.configMapKeyRef, place.child('configMapKeyRef'))
  if (from.secretKeyRef) validateKeyRef(from.secretKeyRef, place.child('secretKeyRef'))
  if (from.fileKeyRef) validateFileKeyRef(from.fileKeyRef, place.child('fileKeyRef'))

  const sources = Object.keys(from).length
  if (sources === 0) {
    place.invalid(
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    )
  } else if (env.value) {
    place.invalid('', 'may not be specified when `value` is not empty')
  } else if (sources > 1) {
    place.invalid('', 'may not have more than one field specified at a time')
  }
}

/** Checks a source of many environment variables. */
export function validateEnvFrom(source: EnvFromSource, at: At): void {
  if (source.prefix) at.child('prefix').invalidEach(source.prefix, isRelaxedEnvVarName(source.prefix))
  for (const field of ['configMapRef', 'secretRef'] as const) {
    const ref = source[field]
    if (!ref) continue
    const place = at.child(field, 'name')
    if (!ref.name) place.required()
    else place.invalidEach(ref.name, nameIsDNSSubdomain(ref.name, true))
  }
  if (!source.configMapRef && !source.secretRef) at.invalid('', 'must specify one of: `configMapRef` or `secretRef`')
  if (source.configMapRef && source.secretRef) at.invalid('', 'may not have more than one field specified at a time')
}
