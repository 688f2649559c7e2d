import { parseJson } from '../../apimachinery/json.ts'
import { own } from '../../apimachinery/own.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isConfigMapKey } from '../../apimachinery/validation/names.ts'
import { bytesIn, MAX_DATA_BYTES } from './data-rules.ts'
import type { Secret } from './secret.ts'

/** Moves the texts of stringData, which is only for writing, into data. */
export function mergeStringData(secret: Secret): void {
  for (const [key, text] of Object.entries(secret.stringData ?? {})) {
    secret.data ??= {}
    secret.data[key] = Buffer.from(text).toString('base64')
  }
  delete secret.stringData
}

const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const REDACTED = '<secret contents redacted>'

/** Keys that secrets of a type must have. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

function validateDockerConfig(base64: string, at: At): void {
  let problem: string | undefined
  try {
    const config = parseJson(Buffer.from(base64, 'base64').toString())
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      problem = 'json: cannot unmarshal into Go value of type map[string]interface {}'
    }
  } catch (error) {
    problem = (error as Error).message
  }
  if (problem !== undefined) at.invalid(REDACTED, problem)
}

export function validateSecret({ metadata, type, data = {} }: Secret, at: At): void {
  const place = at.child('data')
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    place.key(key).invalidEach(key, isConfigMapKey(key))
    size += bytesIn(value)
  }
  if (size > MAX_DATA_BYTES) place.tooLong(MAX_DATA_BYTES)

  for (const key of own(REQUIRED, type) ?? []) {
    const value = data[key]
    if (value === undefined || (type === 'kubernetes.io/ssh-auth' && value === '')) place.key(key).required()
    else if (type.startsWith('kubernetes.io/docker')) validateDockerConfig(value, place.key(key))
  }
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[ACCOUNT_NAME]) {
    at.child('metadata', 'annotations').key(ACCOUNT_NAME).required()
  }
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
    place.key('username').required()
    place.key('password').required()
  }
}
