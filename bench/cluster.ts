/**
 * How long a local cluster takes, from the command to containers, and what it costs when idle. Prints JSON. Needs root and
 * the built program.
 *
 *   npx tsx bench/cluster.ts [--idle 60]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { idle: { type: 'string', default: '60' } } })
const NAME = `bench-${process.pid}`
const home = mkdtempSync(path.join(tmpdir(), 'tsukube-bench-'))
const cache = process.env.TSUKUBE_CACHE ?? path.join(tmpdir(), 'tsukube-test-cache')
const env = {
  ...process.env,
  TSUKUBE_HOME: home,
  TSUKUBE_CACHE: cache,
  TSUKUBE_EGRESS: 'none',
  KUBECONFIG: path.join(home, 'kubeconfig'),
}

function tsukube(...args: string[]): Promise<{ text: string; seconds: number }> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['bin/tsukube', ...args, '--name', NAME], { env })
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
    })
    child.stderr.on('data', chunk => {
      text += chunk
    })
    child.on('close', code =>
      code === 0 ? resolve({ text, seconds: (performance.now() - began) / 1000 }) : reject(new Error(text)),
    )
  })
}

/** User and system time of a process so far, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
const residentMegabytes = (pid: number) =>
  Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
const round = (n: number, digits = 2) => Number(n.toFixed(digits))

const results: Record<string, unknown> = {}
try {
  results.up_first_seconds = round((await tsukube('up')).seconds)
  results.up_again_seconds = round((await tsukube('up')).seconds)
  await tsukube('down')
  results.up_after_down_seconds = round((await tsukube('up')).seconds)
  const status = JSON.parse((await tsukube('status', '-o', 'json')).text) as {
    processes: { role: string; pid: number }[]
  }
  const watched = status.processes.filter(p => p.role !== 'init')
  const before = watched.map(p => cpuSeconds(p.pid))
  await new Promise(resolve => setTimeout(resolve, Number(values.idle) * 1000))
  results.idle = Object.fromEntries(
    watched.map(({ role, pid }, i) => [
      role,
      {
        residentMegabytes: residentMegabytes(pid),
        cpuPercent: round(((cpuSeconds(pid) - before[i]!) / Number(values.idle)) * 100),
      },
    ]),
  )
  results.demo_images_cached_seconds = round((await tsukube('demo')).seconds)
} finally {
  await tsukube('delete').catch(() => {})
  rmSync(home, { recursive: true, force: true })
}
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
