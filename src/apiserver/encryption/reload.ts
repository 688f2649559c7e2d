import { type WatchedConfigOptions, watchConfigFile } from '../watched-config.ts'
import { type EncryptionConfiguration, encryptionConfiguration } from './configuration.ts'

/** Keeps a store to what a file says, whenever that changes; it has been told what the file says now. */
export function watchEncryption(
  store: { use(configuration: EncryptionConfiguration): Promise<void> },
  filename: string,
  options: WatchedConfigOptions,
): void {
  let known = false
  let before = Promise.resolve()
  const use = (configuration: EncryptionConfiguration) => {
    if (!known) {
      known = true
      return undefined
    }
    before = before.catch(() => {}).then(() => store.use(configuration))
    return before
  }
  watchConfigFile(encryptionConfiguration, filename, use, options)
}
