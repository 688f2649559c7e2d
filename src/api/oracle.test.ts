import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { deleteOptions } from '../apimachinery/meta/options.ts'
import { status } from '../apimachinery/meta/status.ts'
import type { Message } from '../apimachinery/schema/types.ts'
import { allKinds, subresourceKinds } from './index.ts'
import { oldVersions } from './old-versions/index.ts'
import {
  type Facts,
  type FieldFacts,
  fieldLine,
  type MessageFacts,
  readDigest,
  shortName,
  writeDigest,
} from './oracle/facts.ts'
import { addPresence } from './oracle/go-types.ts'
import { readNumbers, readReference, readVerbs } from './oracle/reference.ts'
import { NO_DEFINITION, NOT_STATED, PRESENCE_OF_OUR_OWN } from './oracle/shrinking.ts'
import { reach, type StatedField, stated } from './oracle/stated.ts'
import { readVerbLines, verbLines } from './oracle/verbs.ts'

/**
 * Compares every message with upstream's facts, kept in oracle/digest.txt, and every resource with oracle/verbs.txt. To write both anew:
 * TSUKUBE_REFERENCE (a folder with upstream's OpenAPI document and its .proto numbers as JSON) and TSUKUBE_WRITE_DIGEST
 * (a folder with upstream's Go modules `api` and `apimachinery`, unpacked).
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const reference = process.env.TSUKUBE_REFERENCE ?? `${root}../shared/reference`
const digestFile = fileURLToPath(new URL('./oracle/digest.txt', import.meta.url))
const verbsFile = fileURLToPath(new URL('./oracle/verbs.txt', import.meta.url))
const goSources = process.env.TSUKUBE_WRITE_DIGEST

if (goSources) {
  const facts = readReference(reference)
  addPresence(facts, goSources)
  writeFileSync(digestFile, writeDigest(facts))
  writeFileSync(verbsFile, verbLines(readVerbs(reference)))
}

/** Old versions that upstream's .proto files no longer have. */
const NO_NUMBERS = /\.(autoscaling\.v2beta|\w+\.v1beta1\.PodSecurityPolicy)/

const verbs = readVerbLines(readFileSync(verbsFile, 'utf8'))
const digest = readDigest(readFileSync(digestFile, 'utf8'))
/** What upstream has: all but the versions that it has no longer. */
const kinds = [...allKinds, ...subresourceKinds, ...oldVersions.filter(({ offByDefault }) => offByDefault)]
const messages = [...reach([...kinds.map(({ message }) => message), deleteOptions, status])]
const names = new Set(messages.map(({ name }) => shortName(name)))

/** The facts without those that only Go tells, one line a field. */
const lines = (facts: Facts) =>
  Object.entries(facts).flatMap(([name, { atomic, fields }]) => [
    `${name}${atomic ? ' atomic' : ''}`,
    ...Object.entries(fields).map(([field, its]) => `${name}.${field} ${fieldLine(its, { presence: false })}`),
  ])

test.skipIf(!existsSync(reference))('the digest says what the reference says', () => {
  expect(lines(digest).sort()).toEqual(lines(readReference(reference)).sort())
  expect(verbLines(verbs)).toBe(verbLines(readVerbs(reference)))
})

test('messages have the fields, numbers, types and lists that upstream has', () => {
  const wrong = messages.flatMap(message => {
    const name = shortName(message.name)
    const theirs = digest[name]
    return theirs ? difference(name, stated(message), theirs) : []
  })
  expect(wrong).toEqual([])
})

test('fields are pointers, and written when empty, where upstream’s are', () => {
  const wrong = messages.flatMap(message => {
    const name = shortName(message.name)
    const ours = stated(message).fields
    return Object.entries(digest[name]?.fields ?? {}).flatMap(([field, theirs]) => {
      const problem = ours[field] && presenceProblem(ours[field], theirs)
      return problem ? [`${name}.${field}: ${problem}`] : []
    })
  })
  expect(wrong.sort()).toEqual([...PRESENCE_OF_OUR_OWN].sort())
})

test('what is not stated yet is listed', () => {
  const missing = Object.keys(digest).filter(name => !names.has(name))
  expect(missing.sort()).toEqual([...NOT_STATED].sort())
  expect([...names].filter(name => !digest[name]).sort()).toEqual([...NO_DEFINITION].sort())
})

test('resources have the paths, verbs and subresources that upstream has', () => {
  const wrong = kinds.flatMap(kind => {
    if (subresourceKinds.includes(kind)) return []
    const root = kind.group === '' ? '/api/v1' : `/apis/${kind.apiVersion}`
    const path = `${root}${kind.scope === 'Namespaced' ? '/namespaces/{namespace}' : ''}/${kind.plural}`
    // Watches are not among the actions: whatever can be listed can be watched.
    const ours = kind.verbs.filter(verb => verb !== 'watch').sort()
    const theirs = [...(verbs.get(path) ?? [])].sort()
    const problems = `${ours}` === `${theirs}` ? [] : [`${path}: ${ours} instead of ${theirs}`]
    for (const subresource of ['status', 'scale'] as const) {
      if (Boolean(kind.subresources?.[subresource]) !== verbs.has(`${path}/${subresource}`)) {
        problems.push(`${path}/${subresource}`)
      }
    }
    return problems
  })
  expect(wrong).toEqual([])
})

test.skipIf(!existsSync(reference))(
  'messages of old versions have the protobuf numbers that upstream gave them',
  () => {
    const numbers = readNumbers(reference)
    const current = new Set(messages)
    const wrong = [...reach(oldVersions.map(({ message }) => message as Message))]
      .filter(message => !current.has(message) && !NO_NUMBERS.test(message.name))
      .flatMap(message => {
        const numberOf = numbers(message.name)
        return Object.entries(stated(message).fields)
          .filter(([field, { number }]) => numberOf(field, message.fields) !== number)
          .map(([field, { number }]) => `${message.name}.${field}: ${number}, not ${numberOf(field, message.fields)}`)
      })
    expect(wrong).toEqual([])
  },
)

test('all of upstream’s resources are served, those off by default when switched on', () => {
  const served = new Map([...allKinds, ...oldVersions].map(kind => [`${kind.apiVersion} ${kind.plural}`, kind]))
  const collection = /^\/apis?\/((?<=api\/)v1|(?<=apis\/)[^/]+\/[^/]+)\/(?:namespaces\/\{namespace\}\/)?(\w+)$/
  const wrong = [...verbs].flatMap(([path, verbs]) => {
    const [, apiVersion, plural] = collection.exec(path) ?? []
    if (verbs.size === 0 || !plural) return []
    const kind = served.get(`${apiVersion} ${plural}`)
    return kind && Boolean(kind.offByDefault) === /alpha|beta/.test(kind.version) ? [] : [`${apiVersion} ${plural}`]
  })
  expect(wrong).toEqual([])
})

function difference(name: string, ours: MessageFacts, theirs: MessageFacts): string[] {
  const text = (field: FieldFacts | undefined) => (field ? fieldLine(field, { presence: false }) : 'nothing')
  const fields = new Set([...Object.keys(ours.fields), ...Object.keys(theirs.fields)])
  const wrong = [...fields]
    .filter(field => ours.fields[field]?.number !== '0' || theirs.fields[field])
    .filter(field => text(ours.fields[field]) !== text(theirs.fields[field]))
    .map(field => `${name}.${field}: ${text(ours.fields[field])} instead of ${text(theirs.fields[field])}`)
  if ((ours.atomic ?? false) !== (theirs.atomic ?? false)) wrong.push(`${name}: atomic ${ours.atomic ?? false}`)
  return wrong
}

function presenceProblem(ours: StatedField, theirs: FieldFacts): string | undefined {
  // Neither has a zero value; where Go's JSON says null they are left out here, unless OpenAPI requires the field.
  if (/^(Time|MicroTime|any)$/.test(theirs.type)) return undefined
  if ((ours.pointer ?? false) !== (theirs.pointer ?? false)) return theirs.pointer ? 'is a pointer' : 'is no pointer'
  if (theirs.always && !ours.always) return 'is always written'
  if (ours.always && !theirs.always && !ours.filled) return 'is left out when empty'
  return undefined
}
