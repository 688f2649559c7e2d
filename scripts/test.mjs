// `npm test`: every layer of tests; `npm test -- unit api` runs only those. Its last line counts them.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildProgram, checkNode, installPackages, installSystemPackages } from './setup.mjs'

const LAYERS = ['unit', 'api', 'e2e']
const asked = process.argv.slice(2).filter(word => LAYERS.includes(word))
const layers = asked.length > 0 ? asked : LAYERS

checkNode()
installPackages()
let canRunContainers = true
if (layers.includes('e2e')) canRunContainers = installSystemPackages() && process.getuid?.() === 0
buildProgram()

const folder = mkdtempSync(path.join(tmpdir(), 'tsukube-test-'))
const counts = { passed: 0, failed: 0, skipped: 0 }
for (const layer of layers) {
  if (layer === 'e2e' && !canRunContainers) {
    process.stderr.write('The e2e tests are left out: they need root on Linux and the packages named above.\n')
    continue
  }
  const file = path.join(folder, `${layer}.json`)
  const args = ['run', '--project', layer, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TSUKUBE_EGRESS: 'none' },
  })
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  counts.passed += report?.numPassedTests ?? 0
  counts.failed += report?.numFailedTests ?? 0
  counts.skipped += report?.numPendingTests ?? 0
  if (status !== 0 && !report?.numFailedTests) counts.failed++
}
rmSync(folder, { recursive: true, force: true })
process.stdout.write(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}\n`,
)
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)
