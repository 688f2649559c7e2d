import { expect, test } from 'vitest'
import { flowsIn, staleFlows } from './conntrack.ts'

const LISTING = `udp      17 29 src=10.244.1.2 dst=10.96.0.10 sport=40000 dport=53 src=10.244.1.3 dst=10.244.1.2 sport=1053 dport=40000 mark=0 use=1
udp      17 12 src=10.244.1.4 dst=10.96.0.10 sport=40001 dport=53 [UNREPLIED] src=10.96.0.10 dst=10.244.1.4 sport=53 dport=40001 mark=0 use=1
udp      17 175 src=10.244.1.5 dst=172.30.0.11 sport=5000 dport=30053 src=10.244.1.3 dst=172.30.0.11 sport=1053 dport=5000 [ASSURED] mark=16384 use=1
conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.
`
const translated = { to: '10.96.0.10', toPort: '53', from: '10.244.1.3', fromPort: '1053' }
const plain = { to: '10.96.0.10', toPort: '53', from: '10.96.0.10', fromPort: '53' }
const nodePort = { to: '172.30.0.11', toPort: '30053', from: '10.244.1.3', fromPort: '1053' }

test('reads flows with and without replies', () => {
  expect(flowsIn(LISTING)).toEqual([translated, plain, nodePort])
})

test('flows to an endpoint that is gone are stale, and those from before there was one', () => {
  const rules = new Map([['10.96.0.10 . udp . 53', [{ address: '10.244.1.9', port: 1053 }]]])
  expect(staleFlows(flowsIn(LISTING), rules)).toEqual([translated, plain])
})

test('flows to endpoints that are still there stay, also on the way to another port', () => {
  const rules = new Map([['10.96.0.10 . udp . 53', [{ address: '10.244.1.3', port: 1053 }]]])
  expect(staleFlows([translated, nodePort], rules)).toEqual([])
  expect(staleFlows([{ ...translated, fromPort: '99' }], rules)).toHaveLength(1)
})

test('without endpoints only flows that were translated are stale', () => {
  expect(staleFlows([translated, plain], new Map([['10.96.0.10 . udp . 53', []]]))).toEqual([translated])
})
