import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'

/** `npx tsx test/simulation/run.ts --seed N --hours H [--seeds COUNT] [--log]`: prints an outcome for each seed, as JSON. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    hours: { type: 'string', default: '1000' },
    log: { type: 'boolean', default: false },
  },
})
const first = Number(values.seed)
const log = values.log ? (line: string) => void process.stderr.write(`${line}\n`) : undefined
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  const outcome = await simulate({ seed, hours: Number(values.hours), log })
  process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`)
  if (outcome.failure) process.exitCode = 1
}
process.exit()
