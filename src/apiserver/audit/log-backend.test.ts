import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import type { AuditEvent } from './event.ts'
import { LogBackend } from './log-backend.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'audit-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const event = (auditID: string, size = 0) =>
  ({ level: 'Metadata', auditID, requestURI: 'x'.repeat(size) }) as unknown as AuditEvent
const files = () => readdirSync(dir).sort()
const THIRD = 400_000

test('each event is a line; a log that is there is continued', async () => {
  const file = path.join(dir, 'audit.log')
  writeFileSync(file, 'before\n')
  const log = new LogBackend({ path: file, maxAge: 0, maxBackup: 0, maxSize: 0 }, new VirtualClock())
  log.take(event('a'))
  log.take(event('b'))
  await log.close()
  const [before, ...events] = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(before).toBe('before')
  expect(events.map(line => JSON.parse(line))).toMatchObject([
    { kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: 'a' },
    { kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: 'b' },
  ])
})

test('a log that has grown is put aside; only so many are kept', async () => {
  const clock = new VirtualClock(Date.parse('2026-01-02T03:04:05Z'))
  const log = new LogBackend({ path: path.join(dir, 'audit.log'), maxAge: 0, maxBackup: 2, maxSize: 1 }, clock)
  for (let i = 0; i < 9; i++) {
    log.take(event(String(i), THIRD))
    await clock.advance(1000)
  }
  await log.close()
  expect(files()).toEqual(['audit-2026-01-02T03-04-11.000.log', 'audit-2026-01-02T03-04-13.000.log', 'audit.log'])
})

test('logs are kept for so many days', async () => {
  const clock = new VirtualClock(Date.parse('2026-01-10T00:00:00Z'))
  for (const name of ['audit-2026-01-01T00-00-00.000.log', 'audit-2026-01-09T00-00-00.000.log', 'other.log'])
    writeFileSync(path.join(dir, name), '')
  const log = new LogBackend({ path: path.join(dir, 'audit.log'), maxAge: 2, maxBackup: 0, maxSize: 1 }, clock)
  for (let i = 0; i < 3; i++) log.take(event(String(i), THIRD))
  await log.close()
  expect(files()).toEqual([
    'audit-2026-01-09T00-00-00.000.log',
    'audit-2026-01-10T00-00-00.000.log',
    'audit.log',
    'other.log',
  ])
})

test('a place where nothing can be written is refused', () => {
  const options = { path: path.join(dir, 'file', 'audit.log'), maxAge: 0, maxBackup: 0, maxSize: 0 }
  writeFileSync(path.join(dir, 'file'), '')
  expect(() => new LogBackend(options, new VirtualClock())).toThrow('cannot be written')
})
