import { MessageChannel } from 'node:worker_threads'

/** Keeps the process alive while `work` goes on, also when all it waits for are the clock's timers, which do not. */
export async function keepAwake<T>(work: Promise<T>): Promise<T> {
  const { port1 } = new MessageChannel()
  port1.ref()
  try {
    return await work
  } finally {
    port1.close()
  }
}
