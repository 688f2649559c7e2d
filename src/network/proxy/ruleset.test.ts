import { expect, test } from 'vitest'
import { Ruleset } from './ruleset.ts'
import type { Rule } from './service-map.ts'

const endpoints = (...addresses: string[]) => addresses.map(address => ({ address, port: 8080 }))
const web: Rule = {
  address: '10.96.0.1',
  protocol: 'tcp',
  port: 80,
  endpoints: endpoints('10.0.1.1', '10.0.2.1'),
  affinitySeconds: 0,
  masquerade: 'cluster',
  virtual: true,
}
const loaded = (...rules: Rule[]) => {
  const ruleset = new Ruleset('10.244.0.0/16')
  return { ruleset, script: ruleset.full(rules) }
}
const elementsIn = (script: string) => script.split('\n').filter(line => / element /.test(line))

test('the whole table replaces the one before in one script', () => {
  const { script } = loaded(web)
  expect(script).toMatch(/^add table ip tsukube-proxy\ndelete table ip tsukube-proxy\ntable ip tsukube-proxy \{/)
  expect(script).toContain('ip saddr != 10.244.0.0/16 masquerade')
  expect(elementsIn(script)).toEqual([
    'add element ip tsukube-proxy services { 10.96.0.1 . tcp . 80 : goto cluster-2 }',
    'add element ip tsukube-proxy endpoints { 10.96.0.1 . tcp . 80 . 0 : 10.0.1.1 . 8080, 10.96.0.1 . tcp . 80 . 1 : 10.0.2.1 . 8080 }',
    'add element ip tsukube-proxy hairpin { 10.0.1.1 . 10.0.1.1, 10.0.2.1 . 10.0.2.1 }',
    'add element ip tsukube-proxy addresses { 10.96.0.1 }',
  ])
})

test('the number of chains does not grow with the number of Services', () => {
  const chains = (script: string) => script.match(/^add chain/gm)!.length
  const many = Array.from({ length: 500 }, (_, i): Rule => ({ ...web, address: `10.97.${i >> 8}.${i & 255}` }))
  expect(chains(loaded(...many).script)).toBe(chains(loaded().script))
})

test('every chain that is led to is there', () => {
  const sticky: Rule = { ...web, port: 81, affinitySeconds: 60, inside: endpoints('10.0.3.1'), masquerade: 'never' }
  const wide: Rule = { ...web, port: 82, endpoints: endpoints(...Array.from({ length: 100 }, (_, i) => `10.0.5.${i}`)) }
  const { script } = loaded(web, sticky, wide)
  const made = new Set([...script.matchAll(/^add chain ip tsukube-proxy (\S+)/gm)].map(m => m[1]))
  const wanted = [...script.matchAll(/goto ([\w-]+)/g)].map(m => m[1]!)
  expect(wanted.filter(name => !made.has(name))).toEqual([])
  expect(wanted).toEqual(expect.arrayContaining(['never-2-60', 'inside-1-60', 'cluster-100']))
})

test('a change touches only what differs', () => {
  const { ruleset } = loaded(web)
  const after = { ...web, endpoints: endpoints('10.0.1.1', '10.0.3.1') }
  expect(
    ruleset
      .change([{ before: web, after }])!
      .trim()
      .split('\n'),
  ).toEqual([
    'delete element ip tsukube-proxy endpoints { 10.96.0.1 . tcp . 80 . 1 }',
    'delete element ip tsukube-proxy hairpin { 10.0.2.1 . 10.0.2.1 }',
    'add element ip tsukube-proxy endpoints { 10.96.0.1 . tcp . 80 . 1 : 10.0.3.1 . 8080 }',
    'add element ip tsukube-proxy hairpin { 10.0.3.1 . 10.0.3.1 }',
  ])
  expect(ruleset.change([{ before: after, after: { ...after } }])).toBe('')
  expect(ruleset.change([])).toBe('')
})

test('what several rules share goes with the last of them', () => {
  const other = { ...web, port: 81 }
  const { ruleset } = loaded(web, other)
  expect(ruleset.change([{ before: web, after: undefined }])).not.toMatch(/hairpin|addresses/)
  const script = ruleset.change([{ before: other, after: undefined }])
  expect(script).toContain('delete element ip tsukube-proxy addresses { 10.96.0.1 }')
  expect(script).toContain('delete element ip tsukube-proxy hairpin { 10.0.1.1 . 10.0.1.1, 10.0.2.1 . 10.0.2.1 }')
})

test('what moves from one rule to another in one change stays', () => {
  const { ruleset } = loaded(web)
  const moved = { ...web, port: 81 }
  const script = ruleset.change([
    { before: web, after: undefined },
    { before: undefined, after: moved },
  ])
  expect(script).not.toMatch(/hairpin|addresses/)
})

test('a rule that needs a chain that is not there wants the whole table', () => {
  const { ruleset } = loaded(web)
  const wide = { ...web, endpoints: endpoints(...Array.from({ length: 65 }, (_, i) => `10.0.5.${i}`)) }
  expect(ruleset.change([{ before: web, after: wide }])).toBeUndefined()
  const sticky = { ...web, affinitySeconds: 77 }
  expect(ruleset.change([{ before: web, after: sticky }])).toBeUndefined()
  ruleset.full([wide, { ...sticky, port: 81 }])
  expect(
    ruleset.change([{ before: undefined, after: { ...sticky, port: 82, endpoints: endpoints('10.0.1.1') } }]),
  ).toContain('goto cluster-1-77')
})

test('a client with affinity keeps a number that is the endpoint’s own', () => {
  const slotsIn = (script: string) =>
    new Map([...script.matchAll(/10\.96\.0\.1 \. tcp \. 80 \. (0x\w+) : (\S+) \. 8080/g)].map(m => [m[2]!, m[1]!]))
  const sticky = { ...web, affinitySeconds: 60 }
  const few = slotsIn(loaded(sticky).script)
  const more = slotsIn(
    loaded({ ...sticky, endpoints: endpoints('10.0.0.1', '10.0.1.1', '10.0.1.2', '10.0.2.1') }).script,
  )
  expect(few.size).toBe(2)
  expect(more.get('10.0.1.1')).toBe(few.get('10.0.1.1'))
  expect(more.get('10.0.2.1')).toBe(few.get('10.0.2.1'))
  expect(new Set(more.values()).size).toBe(4)
})

test('the marks of other programs are left alone by those for affinity', () => {
  const addresses = Array.from({ length: 2000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
  const { script } = loaded({ ...web, affinitySeconds: 60, endpoints: endpoints(...addresses) })
  const numbers = [...script.matchAll(/ \. \d+ : (0x\w+)/g)].map(m => Number(m[1]))
  expect(new Set(numbers).size).toBe(addresses.length)
  expect(numbers.filter(n => n & 0xf000)).toEqual([])
})

test('an external address without endpoints is refused by its port, a ClusterIP as a whole', () => {
  const { script } = loaded(
    { ...web, endpoints: [] },
    { ...web, address: '192.0.2.1', endpoints: [], masquerade: 'always', virtual: undefined },
  )
  expect(elementsIn(script)).toEqual([
    'add element ip tsukube-proxy refused { 192.0.2.1 . tcp . 80 }',
    'add element ip tsukube-proxy addresses { 10.96.0.1 }',
  ])
})

test('clients inside go by maps of their own where the outside is restricted to the node', () => {
  const { script } = loaded({
    ...web,
    address: '172.30.0.11',
    port: 30080,
    endpoints: [],
    inside: endpoints('10.0.2.1'),
    masquerade: 'never',
    virtual: undefined,
  })
  expect(elementsIn(script)).toEqual([
    'add element ip tsukube-proxy inside { 172.30.0.11 . tcp . 30080 : goto inside-1 }',
    'add element ip tsukube-proxy inside-endpoints { 172.30.0.11 . tcp . 30080 . 0 : 10.0.2.1 . 8080 }',
    'add element ip tsukube-proxy refused { 172.30.0.11 . tcp . 30080 }',
    'add element ip tsukube-proxy hairpin { 10.0.2.1 . 10.0.2.1 }',
  ])
})

test('source ranges are a firewall for the address and port', () => {
  const rule = {
    ...web,
    address: '192.0.2.1',
    sources: ['10.0.0.0/8', '192.168.1.7/32'],
    virtual: undefined,
  }
  expect(elementsIn(loaded(rule).script)).toEqual(
    expect.arrayContaining([
      'add element ip tsukube-proxy firewalled { 192.0.2.1 . tcp . 80 }',
      'add element ip tsukube-proxy allowed { 192.0.2.1 . tcp . 80 . 10.0.0.0/8, 192.0.2.1 . tcp . 80 . 192.168.1.7/32 }',
    ]),
  )
})
