import { validateConditions } from '../../apimachinery/meta/condition.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE } from '../../apimachinery/validation/names.ts'
import type { StorageVersionMigrationSpec, StorageVersionMigrationStatus } from './storageversionmigration.ts'

/** The rules of migrations, after upstream's pkg/apis/storagemigration/validation. */

export function validateMigration({ resource }: StorageVersionMigrationSpec, at: At): void {
  if (resource.resource === '') at.child('resource').required('resource is required')
}

export function validateMigrationUpdate(
  { resource }: StorageVersionMigrationSpec,
  { resource: old }: StorageVersionMigrationSpec,
  at: At,
): void {
  for (const field of ['group', 'resource'] as const) {
    if (resource[field] !== old[field]) at.child(field).invalid(resource[field], IMMUTABLE_MESSAGE)
  }
}

const has = ({ conditions }: StorageVersionMigrationStatus, type: string) =>
  conditions?.some(condition => condition.type === type && condition.status === 'True') === true

export function validateMigrationStatusUpdate(
  status: StorageVersionMigrationStatus,
  old: StorageVersionMigrationStatus,
  at: At,
): void {
  const { resourceVersion = '', conditions } = status
  const place = at.child('resourceVersion')
  if (resourceVersion !== '' && !/^[-+]?\d+$/.test(resourceVersion)) {
    const quoted = JSON.stringify(resourceVersion)
    const why = `strconv.ParseInt: parsing ${quoted}: invalid syntax`
    place.invalid(resourceVersion, `failed to parse resource version ${quoted}: ${why}`)
  } else if (Number(resourceVersion) < 0) {
    place.invalid(Number(resourceVersion), 'must be greater than or equal to 0')
  }
  validateConditions(conditions, at.child('conditions'))
  if (old.resourceVersion && old.resourceVersion !== resourceVersion) {
    place.invalid(resourceVersion, 'cannot be updated')
  }
  const refuse = (detail: string) => at.child('conditions').invalid(conditions, detail)
  const [succeeded, failed, running] = ['Succeeded', 'Failed', 'Running'].map(type => has(status, type))
  if (succeeded && failed) refuse('Both success and failed conditions cannot be true at the same time')
  if (succeeded && running) refuse('Running condition cannot be true when success condition is true')
  if (failed && running) refuse('Running condition cannot be true when failed condition is true')
  if (has(old, 'Succeeded') && !succeeded) refuse('Success condition cannot be set to false once it is true')
  if (has(old, 'Failed') && !failed) refuse('Failed condition cannot be set to false once it is true')
}
