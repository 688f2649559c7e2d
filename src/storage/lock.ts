import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'
import { StoreLockedError } from './store.ts'

/** Exit code we ask `flock` for when somebody else holds the lock. */
const HELD = 75

export interface Lock {
  release(): Promise<void>
}

/**
 * Takes the kernel's lock (flock(2)) on a file, which it gives back however the process ends. Node has no such call, so
 * util-linux's `flock` takes it on a descriptor that it inherits: the lock belongs to the open file, which stays with us.
 * `what` names the locked thing in messages. Throws StoreLockedError when another open file holds it.
 */
export async function acquireLock(path: string, what: string): Promise<Lock> {
  const file = await open(path, 'a+')
  try {
    await flock(file, path, what)
    await file.truncate(0)
    await file.write(`${process.pid}\n`)
    return { release: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function flock(file: FileHandle, path: string, what: string): Promise<void> {
  const child = spawn('flock', ['-n', '-E', String(HELD), '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] })
  const [code] = await once(child, 'exit').catch(error => {
    throw new Error(`cannot lock ${what}: the command "flock" did not start; install util-linux`, { cause: error })
  })
  if (code === HELD) {
    const holder = (await file.readFile('utf8')).trim()
    const by = holder ? `by process ${holder}` : 'by another process'
    throw new StoreLockedError(`${what} is in use ${by}: stop that process, or use another directory`)
  }
  if (code !== 0) throw new Error(`cannot lock ${what}: "flock ${path}" failed with exit code ${code}`)
}
