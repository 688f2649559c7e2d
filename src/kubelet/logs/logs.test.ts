import { appendFile, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import type { CriClient } from '../cri/client.ts'
import { type LogOptions, readLog } from './read-log.ts'
import { rotateLog } from './rotation.ts'
import { readLogTail } from './tail.ts'

let dir: string
let file: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tsukube-logs-'))
  file = path.join(dir, '0.log')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const line = (text: string, { second = 0, stream = 'stdout', tag = 'F' } = {}) =>
  `2026-01-01T00:00:0${second}.500000000Z ${stream} ${tag} ${text}\n`

async function read(options: LogOptions = {}): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of readLog(file, options, new AbortController().signal)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('framing goes, lines that were cut come together', async () => {
  await writeFile(file, line('one') + line('tw', { tag: 'P' }) + line('o') + line('err', { stream: 'stderr' }))
  expect(await read()).toBe('one\ntwo\nerr\n')
  expect(await read({ stream: 'stderr' })).toBe('err\n')
  expect(await read({ timestamps: true, tailLines: 1 })).toBe('2026-01-01T00:00:00.500000000Z err\n')
})

test('the tail counts whole lines', async () => {
  await writeFile(file, line('a') + line('b', { tag: 'P' }) + line('c') + line('d'))
  expect(await read({ tailLines: 2 })).toBe('bc\nd\n')
  expect(await read({ tailLines: 0 })).toBe('')
  expect(await read({ tailLines: 9 })).toBe('a\nbc\nd\n')
  expect(await readLogTail(file, 1)).toBe('d\n')
})

test('the tail is found over blocks of the file', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => line(`line ${i} ${'x'.repeat(40)}`)).join('')
  await writeFile(file, many)
  expect((await read({ tailLines: 3000 })).split('\n')[0]).toMatch(/^line 2000 /)
})

test('only what is recent, and only so much', async () => {
  await writeFile(file, line('old') + line('new', { second: 5 }))
  expect(await read({ since: Date.UTC(2026, 0, 1, 0, 0, 2) })).toBe('new\n')
  expect(await read({ limitBytes: 5 })).toBe('old\nn')
})

test('a log is followed over writes and a rotation until its writer ends', async () => {
  await writeFile(file, line('one'))
  let running = true
  let end = () => {}
  const ended = new Promise<void>(resolve => {
    end = resolve
  })
  let text = ''
  const done = (async () => {
    const follower = { running: async () => running, ended }
    for await (const chunk of readLog(file, { follow: true }, new AbortController().signal, follower)) text += chunk
  })()
  await expect.poll(() => text).toBe('one\n')
  await appendFile(file, line('two'))
  await expect.poll(() => text).toBe('one\ntwo\n')
  await rename(file, `${file}.1`)
  await writeFile(file, line('three'))
  await expect.poll(() => text).toBe('one\ntwo\nthree\n')
  running = false
  end()
  await done
})

test('a large log is set aside, older ones are compressed, the oldest goes', async () => {
  const clock = new VirtualClock()
  const reopened: string[] = []
  const cri = {
    runtime: {
      async reopenContainerLog({ containerId }: { containerId: string }) {
        reopened.push(containerId)
        await writeFile(file, '')
      },
    },
  } as unknown as CriClient
  await writeFile(file, 'x'.repeat(5))
  expect(await rotateLog(file, 'id', { cri, clock }, 10)).toBe(false)
  for (let i = 0; i < 7; i++) {
    await writeFile(file, 'x'.repeat(20))
    expect(await rotateLog(file, 'id', { cri, clock }, 10)).toBe(true)
    await clock.advance(1000)
  }
  const names = (await readdir(dir)).sort()
  expect(names).toEqual([
    '0.log',
    '0.log.20260101-000003.gz',
    '0.log.20260101-000004.gz',
    '0.log.20260101-000005.gz',
    '0.log.20260101-000006',
  ])
  expect(reopened).toHaveLength(7)
})
