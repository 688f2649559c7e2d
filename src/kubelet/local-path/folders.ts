import { chmod, mkdir, rm } from 'node:fs/promises'

/** Makes and removes the folders that volumes are. */
export interface Folders {
  /** Does nothing where it is there already. */
  make(folder: string): Promise<void>
  /** With all that is in it. Does nothing where there is none. */
  remove(folder: string): Promise<void>
}

/** Folders of this machine, writable for whoever a pod runs as. */
export const realFolders: Folders = {
  async make(folder) {
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o777)
  },
  remove: folder => rm(folder, { recursive: true, force: true }),
}

/** For nodes that run pods in name only. */
export const noFolders: Folders = {
  async make() {},
  async remove() {},
}
