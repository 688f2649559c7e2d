/**
 * How fast the service proxy brings nftables up to date: loading everything, and one change among many Services.
 * `npx tsx bench/proxy.ts [services] [endpoints of each]` prints JSON. Needs root; works in a network namespace of its own
 * that is gone afterwards.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import type { Service } from '../src/api/core/service.ts'
import type { EndpointSlice } from '../src/api/discovery/endpointslice.ts'
import { Claims, type RuleChange } from '../src/network/proxy/claims.ts'
import { loadScript } from '../src/network/proxy/nft.ts'
import { Ruleset } from '../src/network/proxy/ruleset.ts'
import { type Place, rulesOf } from '../src/network/proxy/service-map.ts'

const INSIDE = 'TSUKUBE_BENCH_NAMESPACE'
const CHANGES = 100
const [services = 10_000, endpoints = 2] = process.argv.slice(2).map(Number)
const place: Place = { nodeName: 'n1', addresses: ['172.30.0.11', '127.0.0.1'] }

const round = (ms: number) => Math.round(ms * 100) / 100
const bytes = (i: number) => `${i >> 8}.${i & 255}`

if (process.env[INSIDE]) await measure()
else inNamespace()

/** Runs this program again where it can do no harm. */
function inNamespace(): void {
  const name = `tsukube-bench-${process.pid}`
  execFileSync('ip', ['netns', 'add', name])
  try {
    const command = [`--net=/run/netns/${name}`, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    const { status } = spawnSync('nsenter', command, { stdio: 'inherit', env: { ...process.env, [INSIDE]: name } })
    process.exitCode = status ?? 1
  } finally {
    execFileSync('ip', ['netns', 'delete', name])
  }
}

async function measure(): Promise<void> {
  const claims = new Claims()
  const ruleset = new Ruleset('10.244.0.0/16')
  const all = Array.from({ length: services }, (_, i) => ({ service: serviceOf(i), slice: sliceOf(i, endpoints) }))

  const begin = performance.now()
  for (const [i, { service, slice }] of all.entries()) claims.update(`dev/s${i}`, rulesOf(service, [slice], place))
  const script = ruleset.full([...claims.rules()])
  const computed = performance.now()
  await loadScript(script)
  const loaded = performance.now()
  await loadScript(ruleset.full([...claims.rules()]))
  const again = performance.now()

  const computing: number[] = []
  const whole: number[] = []
  for (let n = 0; n < CHANGES; n++) {
    const i = (n * 7919) % services
    const count = endpoints + 1 - (Math.floor(n / services) % 2)
    const start = performance.now()
    const changes: RuleChange[] = claims.update(
      `dev/s${i}`,
      rulesOf(all[i]!.service, [sliceOf(i, count)], place),
    ).changes
    const change = ruleset.change(changes)
    computing.push(performance.now() - start)
    if (!change) throw new Error('the change was expected to be a small one')
    await loadScript(change)
    whole.push(performance.now() - start)
  }
  const result = {
    services,
    endpoints,
    fullLoad: { computeMs: round(computed - begin), scriptBytes: script.length, nftMs: round(loaded - computed) },
    replaceAllMs: round(again - loaded),
    oneChange: { computeMs: quantiles(computing), totalMs: quantiles(whole) },
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
  }
  console.log(JSON.stringify(result, undefined, 2))
}

function quantiles(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  return { p50: round(sorted[sorted.length >> 1]!), p99: round(sorted[Math.floor(sorted.length * 0.99)]!) }
}

function serviceOf(i: number): Service {
  const clusterIP = `10.${96 + (i >> 16)}.${bytes(i & 0xffff)}`
  return {
    metadata: { name: `s${i}`, namespace: 'dev' },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: 'TCP' }] },
  } as unknown as Service
}

function sliceOf(i: number, count: number): EndpointSlice {
  const address = (n: number) => `10.${200 + n}.${bytes(i & 0xffff)}`
  return {
    metadata: { name: `s${i}`, namespace: 'dev', labels: { 'kubernetes.io/service-name': `s${i}` } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: count }, (_, n) => ({ addresses: [address(n)], conditions: { ready: true } })),
  } as unknown as EndpointSlice
}
