import type { ConfigFile } from '../../apimachinery/config-file.ts'
import { type Infer, int32, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { validateEncryptionConfiguration } from './validate.ts'

const PACKAGE = 'k8s.io.apiserver.pkg.apis.apiserver.v1'

const key = message(
  `${PACKAGE}.Key`,
  { name: string(1).present().doc('What it is called in stored data.'), secret: string(2).present().doc('In base64.') },
  { doc: 'A key.' },
)
export interface Key extends Infer<typeof key> {}

const keys = { keys: list(1, key).present().doc('The first writes, all read.') }
const aes = message(`${PACKAGE}.AESConfiguration`, keys, { doc: 'AES with these keys.' })
const secretbox = message(`${PACKAGE}.SecretboxConfiguration`, keys, { doc: 'XSalsa20 and Poly1305 with these keys.' })
const identity = message(`${PACKAGE}.IdentityConfiguration`, {}, { doc: 'No encryption.' })
const kms = message(
  `${PACKAGE}.KMSConfiguration`,
  {
    apiVersion: string(1).default('v1').doc('v1 or v2; only v2 is offered.'),
    name: string(2).present().doc('What the plugin is called.'),
    cachesize: int32(3).pointer().doc('Keys kept in memory; not for v2.'),
    endpoint: string(4).present().doc('Its socket.'),
    timeout: string(5).doc('How long a call may take; 3s when left out.'),
  },
  { doc: 'A key service.' },
)

export interface KeyServiceConfiguration extends Infer<typeof kms> {}
/** How long a key service has to answer. */
export const DEFAULT_KMS_TIMEOUT = '3s'

const provider = message(
  `${PACKAGE}.ProviderConfiguration`,
  {
    aesgcm: ref(1, aes).doc('AES in Galois/Counter mode.'),
    aescbc: ref(2, aes).doc('AES in CBC mode.'),
    secretbox: ref(3, secretbox).doc('XSalsa20 and Poly1305.'),
    identity: ref(4, identity).doc('Nothing.'),
    kms: ref(5, kms).doc('A key service.'),
  },
  { doc: 'One way to keep data, exactly one of these.' },
)
export interface Provider extends Infer<typeof provider> {}

const resources = message(
  `${PACKAGE}.ResourceConfiguration`,
  {
    resources: list(1, types.string).present().doc('As secrets, deployments.apps, *.apps, *. or *.*'),
    providers: list(2, provider).present().doc('The first writes, all read.'),
  },
  { doc: 'How some resources are kept.' },
)

const configuration = message(
  `${PACKAGE}.EncryptionConfiguration`,
  { resources: list(1, resources).present().doc('What is kept how.') },
  { doc: 'How resources are kept in the store.' },
)
export interface EncryptionConfiguration extends Infer<typeof configuration> {}

/** The file of --encryption-provider-config. */
export const encryptionConfiguration: ConfigFile<typeof configuration> = {
  what: 'encryption configuration',
  kind: 'EncryptionConfiguration',
  apiVersions: ['apiserver.config.k8s.io/v1'],
  message: configuration,
  validate: validateEncryptionConfiguration,
}
