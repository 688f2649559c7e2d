import { expect, test } from 'vitest'
import { parseConfig } from '../../apimachinery/config-file.ts'
import { encryptionConfiguration } from './configuration.ts'

const KEY = Buffer.alloc(32).toString('base64')
const aescbc = (secret: string, name = 'k') => ({ aescbc: { keys: [{ name, secret }] } })
const check = (...resources: object[]) =>
  parseConfig(
    encryptionConfiguration,
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources }),
  )
const of = (resources: string[], ...providers: object[]) => ({ resources, providers })

test('a good configuration is taken', () => {
  expect(() =>
    check(of(['secrets', 'deployments.apps'], aescbc(KEY), { identity: {} }), of(['*.*'], { identity: {} })),
  ).not.toThrow()
})

test.each<[string, object[], string]>([
  ['nothing', [], 'resources: Required value: at least one resources is required'],
  [
    'no resources',
    [of([], aescbc(KEY))],
    'resources[0].resources: Required value: at least one resources[0].resources is required',
  ],
  [
    'no providers',
    [of(['secrets'])],
    'resources[0].providers: Required value: at least one resources[0].providers is required',
  ],
  [
    'a short key',
    [of(['secrets'], aescbc('AAAA'))],
    'resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [16 24 32]',
  ],
  ['no base64', [of(['secrets'], aescbc('%%%'))], 'secrets must be base64 encoded'],
  [
    'a nameless key',
    [of(['secrets'], aescbc(KEY, ''))],
    'keys[0].name: Required value: name is a mandatory field for a key',
  ],
  [
    'two in one',
    [of(['secrets'], { ...aescbc(KEY), identity: {} })],
    'more than one provider specified in a single element',
  ],
  [
    'a key service of version 1',
    [of(['secrets'], { kms: { name: 'x', endpoint: 'unix:///x' } })],
    'resources[0].providers[0].kms.apiVersion: Invalid value: "v1": KMSv1 is deprecated and is not offered here',
  ],
  [
    'a key service elsewhere',
    [of(['secrets'], { kms: { apiVersion: 'v2', name: 'x', endpoint: 'http://x', timeout: '0s' } })],
    'unsupported scheme "http" for KMS provider, only unix is supported',
  ],
  [
    'a key service twice',
    [
      of(['secrets'], { kms: { apiVersion: 'v2', name: 'x', endpoint: 'unix:///x' } }),
      of(['configmaps'], { kms: { apiVersion: 'v2', name: 'x', endpoint: 'unix:///y' } }),
    ],
    'resources[1].providers[0].kms.name: Invalid value: "x": duplicate KMS provider name x, names must be unique',
  ],
  ['a star', [of(['*'], aescbc(KEY))], "use '*.' to encrypt all the resources from core API group"],
  ['an overlap', [of(['secrets', '*.'], aescbc(KEY))], 'using overlapping resources'],
  ['a duplicate', [of(['secrets', 'secrets'], aescbc(KEY))], 'the same resource cannot be specified multiple times'],
  [
    'a mask',
    [of(['*.*'], aescbc(KEY)), of(['secrets'], aescbc(KEY))],
    'resource "secrets" is masked by earlier rule "*.*"',
  ],
  ['all groups', [of(['pods.*'], aescbc(KEY))], 'encrypting the same resource across groups is not supported'],
  [
    'an unknown field',
    [{ ...of(['secrets'], aescbc(KEY)), extra: 1 }],
    'strict decoding error: unknown field "resources[0].extra"',
  ],
])('%s is refused', (_, resources, message) => {
  expect(() => check(...resources)).toThrow(message)
})
