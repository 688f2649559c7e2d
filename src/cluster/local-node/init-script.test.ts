import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { INIT_SCRIPT } from './init-script.ts'

/** The part that keeps services running, without the part that needs namespaces. */
const SUPERVISOR = INIT_SCRIPT.slice(INIT_SCRIPT.indexOf('launch() {')).replaceAll('/var/log', '$dir')

let dir: string
let shell: ChildProcess | undefined

beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tsukube-init-'))
})
afterEach(async () => {
  if (shell) {
    const ended = new Promise(resolve => shell!.once('exit', resolve))
    process.kill(-shell.pid!, 'SIGKILL')
    await ended
  }
  shell = undefined
  rmSync(dir, { recursive: true })
})

const read = (name: string) => {
  try {
    return readFileSync(path.join(dir, name), 'utf8')
  } catch {
    return ''
  }
}
const starts = (name: string) => read(`${name}.starts`).split('\n').filter(Boolean)

function supervise(interpreter: string[], agent?: string): void {
  const counted = (name: string, command: string) => `echo $$ >> '${dir}/${name}.starts'\n${command}\n`
  writeFileSync(path.join(dir, 'containerd.sh'), counted('containerd', 'exec sleep 60'))
  if (agent) writeFileSync(path.join(dir, 'agent.sh'), counted('agent', agent))
  writeFileSync(path.join(dir, 'init.sh'), `dir=$1\n${SUPERVISOR}`)
  shell = spawn(interpreter[0]!, [...interpreter.slice(1), path.join(dir, 'init.sh'), dir], {
    stdio: 'ignore',
    detached: true,
  })
}

test('is a valid script', () => {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: INIT_SCRIPT, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

test.each([[['sh']], [['bash', '--posix']]])('a service that is killed comes back, under %s', async interpreter => {
  supervise(interpreter, 'exec sleep 60')
  for (let i = 1; i <= 3; i++) {
    await expect.poll(() => starts('containerd').length, { timeout: 5_000 }).toBe(i)
    await expect.poll(() => starts('agent').length, { timeout: 5_000 }).toBe(1)
    process.kill(Number(starts('containerd').at(-1)), 'SIGKILL')
  }
})

test('two services that die at the same moment both come back', async () => {
  supervise(['sh'], 'exec sleep 60')
  await expect.poll(() => starts('containerd').length + starts('agent').length, { timeout: 5_000 }).toBe(2)
  for (const name of ['containerd', 'agent']) process.kill(Number(starts(name)[0]), 'SIGKILL')
  await expect.poll(() => [starts('containerd').length, starts('agent').length], { timeout: 5_000 }).toEqual([2, 2])
})

test('a service that ends at once is started later and later, and does not hold up the other', async () => {
  supervise(['sh'], 'exit 1')
  await expect.poll(() => starts('agent').length, { timeout: 5_000 }).toBe(4)
  expect(starts('containerd')).toHaveLength(1)
  process.kill(Number(starts('containerd')[0]), 'SIGKILL')
  await expect.poll(() => starts('containerd').length, { timeout: 1_000 }).toBe(2)
  expect(starts('agent').length).toBeLessThan(6)
})
