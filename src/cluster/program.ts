import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The command line that starts this program again: the bundle it runs from, or the sources through tsx. */
export function programCommand(): string[] {
  const here = fileURLToPath(import.meta.url)
  if (path.extname(here) !== '.ts') return [process.execPath, process.argv[1]!]
  const tsx = pathToFileURL(createRequire(here).resolve('tsx')).href
  return [process.execPath, '--import', tsx, path.join(path.dirname(here), '..', 'cli', 'main.ts')]
}
