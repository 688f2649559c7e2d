import { expect, test } from 'vitest'
import { MachineError } from '../apimachinery/machine-error.ts'
import { explain } from './explain.ts'

const systemError = (code: string, more: object = {}) =>
  Object.assign(new Error(code), { code, syscall: 'write', ...more })

test('what a user can mend is told without a stack', () => {
  expect(explain(new MachineError('No', 'because', 'Do it.'))).toBe('error: No\n  why: because\n  do:  Do it.\n')
  expect(explain(systemError('ENOSPC'))).toMatch(
    /^error: A file below .+\n {2}why: the disk is full\n {2}do: {2}Free .+\n$/,
  )
  expect(explain(systemError('EACCES', { path: '/root/x', syscall: 'open' }))).toContain('/root/x cannot be')
})

test('anything else is a bug and shows where', () => {
  expect(explain(new Error('odd'))).toContain('explain.test.ts')
})
