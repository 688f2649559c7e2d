import { readConfigFile } from '../apiserver/config-file.ts'
import { encryptionConfiguration } from '../apiserver/encryption/configuration.ts'

/** How the API server is to work, as kube-apiserver's flags of the same names say. Paths are absolute. */
export interface ApiServerFlags {
  /** An EncryptionConfiguration (apiserver.config.k8s.io/v1): how resources are kept in the store. */
  readonly encryptionProviderConfig?: string
}

/** The parts of the server that its flags ask for. Throws MachineError where a file cannot be used. */
export function configurationOf({ encryptionProviderConfig }: ApiServerFlags) {
  return {
    encryption: encryptionProviderConfig
      ? readConfigFile(encryptionConfiguration, encryptionProviderConfig)
      : undefined,
  }
}

/** What was chosen before with what is chosen now; an empty text takes a choice back. */
export function mergedFlags(before: ApiServerFlags = {}, now: ApiServerFlags = {}): ApiServerFlags {
  return Object.fromEntries(
    Object.entries({ ...before, ...now }).filter(([, value]) => value !== undefined && value !== ''),
  )
}
