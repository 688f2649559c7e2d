import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import { ConfigRefused, Nginx } from './nginx.ts'

const installed = !spawnSync('nginx', ['-v'], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } }).error

let dir: string
let end: AbortController
let clock: VirtualClock
let logs: string[]
let nginx: Nginx
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'nginx-'))
  end = new AbortController()
  clock = new VirtualClock()
  logs = []
  nginx = new Nginx({ dir, clock, signal: end.signal, log: line => logs.push(line) })
})
afterEach(async () => {
  end.abort()
  await rm(dir, { recursive: true, force: true })
})

/** An nginx that says a word on a port. */
const saying = (word: string, port: number) => `daemon off; pid ${dir}/nginx.pid; error_log ${dir}/error.log;
events {} http { access_log off; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f;
uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s; server { listen 127.0.0.1:${port}; return 200 ${word}; } }`

async function listening(): Promise<net.Server & { port: number }> {
  const server = net.createServer(socket => socket.destroy())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(server, { port: (server.address() as net.AddressInfo).port })
}

async function freePort(): Promise<number> {
  const server = await listening()
  await new Promise(resolve => server.close(resolve))
  return server.port
}

const said = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    r => r.text(),
    () => '',
  )

test.skipIf(!installed)('serves a configuration, then another, and refuses one that is none', async () => {
  const port = await freePort()
  await nginx.configure(saying('one', port))
  await expect.poll(() => said(port), { timeout: 5000 }).toBe('one')
  await nginx.configure(saying('two', port))
  await expect.poll(() => said(port), { timeout: 5000 }).toBe('two')
  const refusal = nginx.configure('events {} http { nonsense; }')
  await expect(refusal).rejects.toThrow(ConfigRefused)
  await expect(refusal).rejects.toThrow(/^unknown directive "nonsense"$/)
  expect(await said(port)).toBe('two')
  end.abort()
  await expect.poll(() => said(port), { timeout: 5000 }).toBe('')
})

test.skipIf(!installed)('an nginx that cannot start is tried again later and later', { timeout: 30_000 }, async () => {
  const blocker = await listening()
  await nginx.configure(saying('one', blocker.port))
  await expect.poll(() => logs.length, { timeout: 10_000 }).toBe(1)
  expect(logs[0]).toMatch(/nginx has ended \(.*Address already in use.*\); it is started again in 0.5 s/)
  expect(clock.nextDue()).toBe(clock.now() + 500)
  // Another configuration does not start it sooner.
  await nginx.configure(saying('two', blocker.port))
  expect(clock.nextDue()).toBe(clock.now() + 500)
  await new Promise(resolve => blocker.close(resolve))
  await clock.advance(500)
  await expect.poll(() => said(blocker.port), { timeout: 5000 }).toBe('two')
})
