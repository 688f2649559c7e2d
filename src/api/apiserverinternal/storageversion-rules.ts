import type { At } from '../../apimachinery/validation/at.ts'
import {
  EMPTY_MESSAGE,
  isDNS1035Label,
  isDNS1123Subdomain,
  isQualifiedName,
  type NameFormat,
  patternMessage,
} from '../../apimachinery/validation/names.ts'
import type { ServerStorageVersion, StorageVersionCondition, StorageVersionStatus } from './storageversion.ts'

/** The rules of storage versions, after upstream's pkg/apis/apiserverinternal/validation. */

export const storageVersionName: NameFormat = name => {
  const dot = name.lastIndexOf('.')
  if (dot < 0) return ['name must be in the form of <group>.<resource>']
  return [
    ...isDNS1123Subdomain(name.slice(0, dot)).map(message => `the group segment ${message}`),
    ...isDNS1035Label(name.slice(dot + 1)).map(message => `the resource segment ${message}`),
  ]
}

const LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?'
const LABEL_MESSAGE =
  "a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"

function apiVersionProblems(apiVersion: string): string[] {
  const parts = apiVersion.split('/')
  if (parts.length > 2) {
    const label = patternMessage(LABEL_MESSAGE, LABEL, 'my-name', 'abc-123')
    return [`an apiVersion is ${label} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')`]
  }
  const version = parts.pop()!
  const [group] = parts
  const groupProblems = group === undefined ? [] : group === '' ? [EMPTY_MESSAGE] : isDNS1123Subdomain(group)
  const versionProblems = version === '' ? [EMPTY_MESSAGE] : isDNS1035Label(version)
  return [
    ...groupProblems.map(message => `group part: ${message}`),
    ...versionProblems.map(message => `version part: ${message}`),
  ]
}

function validateAPIVersion(apiVersion: string, at: At): void {
  const problems = apiVersionProblems(apiVersion)
  if (problems.length > 0) at.invalid(apiVersion, problems.join(','))
}

function validateServer(server: ServerStorageVersion, at: At): void {
  const { apiServerID, encodingVersion, decodableVersions } = server
  at.child('apiServerID').invalidEach(apiServerID, isDNS1123Subdomain(apiServerID))
  validateAPIVersion(encodingVersion, at.child('encodingVersion'))
  const place = at.child('decodableVersions')
  decodableVersions.forEach((version, i) => {
    validateAPIVersion(version, place.index(i))
  })
  if (!decodableVersions.includes(encodingVersion)) {
    place.invalid(decodableVersions, `decodableVersions must include encodingVersion ${encodingVersion}`)
  }
}

function validateCommon({ storageVersions = [], commonEncodingVersion: told }: StorageVersionStatus, at: At): void {
  const all = new Set(storageVersions.map(({ encodingVersion }) => encodingVersion))
  const [common] = all.size === 1 ? all : []
  if (common === told) return
  if (common === undefined) {
    at.invalid(
      told,
      'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet',
    )
  } else {
    const what = told === undefined ? 'the common encoding version' : 'the actual common encoding version'
    at.invalid(told, `${what} is ${common}`)
  }
}

function validateCondition(
  { type, status, reason, message }: StorageVersionCondition,
  first: number | undefined,
  at: At,
): void {
  if (first !== undefined) {
    const where = `it also appears in conditions[${first}]`
    at.child('type').invalid(type, `the type of the condition is not unique, ${where}`)
  }
  at.child('type').invalidEach(type, isQualifiedName(type))
  at.child('status').invalidEach(type, isQualifiedName(status))
  if (reason === '') at.child('reason').required('reason cannot be empty')
  if (!message) at.child('message').required('message cannot be empty')
}

export function validateStorageVersionStatus(status: StorageVersionStatus, at: At): void {
  const { storageVersions = [], conditions = [] } = status
  storageVersions.forEach((server, i) => {
    validateServer(server, at.child('storageVersions').index(i))
  })
  validateCommon(status, at.child('commonEncodingVersion'))
  conditions.forEach((condition, i) => {
    const first = conditions.findIndex(({ type }) => type === condition.type)
    validateCondition(condition, first < i ? first : undefined, at.index(i))
  })
}
