import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { apiDocument, DOCUMENT } from '../../scripts/api-docs.ts'

test('docs/api.md says what is served; otherwise run `npm run docs`', () => {
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(apiDocument())
})
