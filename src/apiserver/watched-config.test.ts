import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../apimachinery/clock.ts'
import { list, message, types } from '../apimachinery/schema/types.ts'
import { watchConfigFile } from './watched-config.ts'

const file = {
  what: 'menu',
  kind: 'Menu',
  apiVersions: ['v1'],
  message: message('Menu', { dishes: list(1, types.string).present() }),
  validate() {},
}

test('a change is used, a mistake is told and not used', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'watched-'))
  const name = path.join(folder, 'menu.yaml')
  const [used, errors]: [string[][], string[]] = [[], []]
  const end = new AbortController()
  const write = (text: string) => writeFileSync(name, `apiVersion: v1\nkind: Menu\n${text}\n`)
  try {
    write('dishes: [soup]')
    watchConfigFile(file, name, ({ dishes }) => used.push(dishes), {
      clock: systemClock,
      signal: end.signal,
      onError: error => errors.push(error.message),
    })
    expect(used).toEqual([['soup']])
    write('dishs: [cake]')
    await vi.waitFor(() => expect(errors).toHaveLength(1), 5000)
    expect(errors[0]).toBe(
      `The menu ${name} has changed and cannot be used: strict decoding error: unknown field "dishs"`,
    )
    write('dishes: [cake]')
    await vi.waitFor(() => expect(used).toEqual([['soup'], ['cake']]), 5000)
  } finally {
    end.abort()
    rmSync(folder, { recursive: true })
  }
})
