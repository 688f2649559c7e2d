import { describe, expect, test } from 'vitest'
import {
  CompileError,
  compile,
  type Environment,
  kubernetesFunctions,
  type Shape,
  toValue,
  type Value,
} from './index.ts'
import { ListValue, MapValue, OptionalValue, Uint } from './values.ts'

const text: Shape = { kind: 'string', maxSize: 10 }
const field = (json: string, shape: Shape) => [json, { json, shape }] as const
const item: Shape = {
  kind: 'object',
  name: 'item',
  fields: new Map([field('name', text), field('n', { kind: 'int' })]),
}
const SELF: Shape = {
  kind: 'object',
  name: 'self',
  fields: new Map([
    field('name', text),
    field('replicas', { kind: 'int' }),
    field('ratio', { kind: 'double' }),
    field('on', { kind: 'bool' }),
    field('items', { kind: 'list', item, maxSize: 100 }),
    field('tags', { kind: 'list', item: text, listType: 'set', maxSize: 10 }),
    field('labels', { kind: 'map', item: text, maxSize: 10 }),
    field('port', { kind: 'dyn', maxSize: 10 }),
    field('when', { kind: 'timestamp' }),
    ['__namespace__', { json: 'namespace', shape: text }],
  ]),
}
const environment: Environment = { variables: { self: { shape: SELF } }, functions: kubernetesFunctions }
const OBJECT = {
  name: 'web',
  replicas: 3,
  ratio: 0.5,
  on: true,
  items: [
    { name: 'a', n: 1 },
    { name: 'b', n: 2 },
  ],
  tags: ['x', 'y'],
  labels: { app: 'web', tier: 'front' },
  port: 80,
  when: '2026-01-02T03:04:05.5Z',
  namespace: 'ns',
}

/** A value as plain JavaScript, for comparing. */
function plain(value: Value): unknown {
  if (value instanceof ListValue) return [...value].map(plain)
  if (value instanceof MapValue)
    return Object.fromEntries([...value.keys()].map(key => [String(key), plain(value.get(key)!)]))
  if (value instanceof OptionalValue) return value.value === undefined ? 'none' : { some: plain(value.value) }
  if (value instanceof Uint) return { uint: value.value }
  return value
}

const run = (source: string, object: object = OBJECT) =>
  plain(compile(source, environment).evaluate({ self: toValue(object, SELF) }).value)
const fails = (source: string) => {
  try {
    compile(source, environment)
    return 'compiles'
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    return error.issues.map(({ message }) => message).join('; ')
  }
}
const breaks = (source: string, object: object = OBJECT) => {
  try {
    return run(source, object)
  } catch (error) {
    return (error as Error).message
  }
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['1 + 2 * 3 - 4', 3n],
    ['-7 / 2', -3n],
    ['7 % 4 == 3 ? "yes" : "no"', 'yes'],
    ['1.5 + 2.5', 4],
    ['"a" + "b" == "ab"', true],
    ['[1, 2] + [3]', [1n, 2n, 3n]],
    ['{"a": 1, "b": 2}["b"]', 2n],
    ['1u + 2u', { uint: 3n }],
    ['dyn(1) == 1.0 && dyn(2u) == 2', true],
    ['1 < 1.5 && 2u >= 1', true],
    ['b"ab" == b"\\x61b"', true],
    ['r"\\d" + \'x\'', '\\dx'],
    ['"""a\nb"""', 'a\nb'],
    ['"\\u00e9\\n"', 'é\n'],
    ['0x1F', 31n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['type(1) == int && type("") == string && type([]) == list', true],
    ['duration("1h30m") + duration("30m") == duration("2h")', true],
    ['timestamp("2026-01-02T03:04:05Z") + duration("1s") > timestamp("2026-01-02T03:04:05Z")', true],
    ['timestamp("2026-03-01T00:30:00Z").getDayOfYear()', 59n],
    ['timestamp("2026-01-01T00:30:00Z").getHours("+02:00")', 2n],
    ['timestamp("2026-07-01T12:00:00Z").getHours("Europe/Berlin")', 14n],
    ['int("42") + int(3.9) + int(2u)', 47n],
    ['string(1) + string(1.5) + string(true) + string(duration("90s"))', '11.5true90s'],
    ['"héllo".size()', 5n],
    ['2 in [1, 2] && "a" in {"a": 1}', true],
  ])('%s', (source, value) => expect(run(source)).toEqual(value))
})

describe('variables and macros', () => {
  test.each<[string, unknown]>([
    ['self.replicas + 1', 4n],
    ['self.__namespace__', 'ns'],
    ['has(self.name) && !has(self.labels.missing)', true],
    ['self.items.all(i, i.n > 0)', true],
    ['self.items.exists(i, i.name == "b")', true],
    ['self.items.exists_one(i, i.n == 2)', true],
    ['self.items.map(i, i.n * 2)', [2n, 4n]],
    ['self.items.map(i, i.n > 1, i.name)', ['b']],
    ['self.items.filter(i, i.n < 2).size()', 1n],
    ['self.labels.all(k, self.labels[k].size() > 2)', true],
    ['self.labels.map(k, k).sort()', ['app', 'tier']],
    ['self.items.all(i, v, v.n == i + 1)', true],
    ['self.labels.transformMap(k, v, v + "!")', { app: 'web!', tier: 'front!' }],
    ['self.items.transformList(i, v, i > 0, v.name)', ['b']],
    ['self.items.transformMapEntry(i, v, {v.name: v.n})', { a: 1n, b: 2n }],
    ['self.items.sortBy(i, -i.n).map(i, i.name)', ['b', 'a']],
    ['self.port == 80 && self.port + 1 == 81', true],
    ['self.when.getMilliseconds()', 500n],
    ['self.tags == ["y", "x"]', true],
    ['(self.tags + ["y", "z"]).size()', 3n],
    ['self.?labels.app', { some: 'web' }],
    ['self.labels[?"no"].orValue("none")', 'none'],
    ['optional.of(1).optMap(x, x + 1).value()', 2n],
    ['optional.none().hasValue()', false],
    ['[1, ?optional.none(), ?optional.of(2)]', [1n, 2n]],
    ['{?"a": optional.of(1), ?"b": optional.none()}', { a: 1n }],
    ['[1, 2, 3].exists(x, [2].exists(y, x == y))', true],
  ])('%s', (source, value) => expect(run(source)).toEqual(value))
})

describe('libraries', () => {
  test.each<[string, unknown]>([
    ['"tacocat".charAt(3) + "tacocat".substring(4)', 'ocat'],
    ['"a,b,c".split(",").join("-")', 'a-b-c'],
    ['"a,b,c".split(",", 2)', ['a', 'b,c']],
    ['"aXbX".replace("X", "-", 1)', 'a-bX'],
    ['"hello".indexOf("l") + "hello".lastIndexOf("l")', 5n],
    ['"  a ".trim().upperAscii() + "B".lowerAscii()', 'Ab'],
    ['strings.quote("a\\"b")', '"a\\"b"'],
    ['"%s is %d of %.1f, %x".format([dyn("a"), 1, 2.25, 255])', 'a is 1 of 2.3, ff'],
    ['"abc 123 def 45".find("[0-9]+")', '123'],
    ['"abc 123 def 45".findAll("[0-9]+")', ['123', '45']],
    ['"a1".matches("^[a-z][0-9]$") && !"a".matches("b")', true],
    ['[3, 1, 2].max() + [3, 1, 2].min() + [1, 2].sum()', 7n],
    ['[1, 2, 3].isSorted() && ![2, 1].isSorted()', true],
    ['["a", "b"].indexOf("b")', 1n],
    [
      '[1, 2, 3, 4].slice(1, 3) + [[5], [6]].flatten() + [7, 7].distinct() + lists.range(2) + [8, 9].reverse()',
      [2n, 3n, 5n, 6n, 7n, 0n, 1n, 9n, 8n],
    ],
    ['[3, 1, 2].sort()', [1n, 2n, 3n]],
    ['[1, 2].first().value() + [1, 2].last().value()', 3n],
    ['sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1]) && !sets.intersects([1], [2])', true],
    ['url("https://u:p@h.example:80/a%20b?x=1&x=2").getHost()', 'h.example:80'],
    ['url("https://[::1]:80/p?x=1&x=2").getQuery()', { x: ['1', '2'] }],
    ['url("https://[::1]:80/p").getHostname() + url("/a b").getEscapedPath()', '::1/a%20b'],
    ['isURL("https://a") && !isURL("a")', true],
    ['ip("10.0.0.1").family() == 4 && isIP("::1") && !isIP("1.2.3")', true],
    ['ip("127.0.0.1").isLoopback() && ip("fe80::1").isLinkLocalUnicast()', true],
    ['ip.isCanonical("2001:db8::abcd") && !ip.isCanonical("2001:DB8::ABCD")', true],
    ['cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8") && cidr("10.0.0.0/8").containsIP("10.9.9.9")', true],
    ['cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && cidr("10.0.0.0/8").prefixLength() == 8', true],
    ['string(cidr("10.0.0.0/8").ip()) + string(cidr("10.0.0.0/8"))', '10.0.0.010.0.0.0/8'],
    ['quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("1500m").compareTo(quantity("1.5")) == 0', true],
    ['quantity("2k").asInteger() + 1', 2001n],
    ['quantity("1").add(2).sub(quantity("500m")) == quantity("2500m") && isQuantity("1Ki") && !isQuantity("x")', true],
    [
      'semver("1.2.3-rc.1").isLessThan(semver("1.2.3")) && isSemver("v1.2", true) && semver("1.2.3").minor() == 2',
      true,
    ],
    ['!format.dns1123Label().validate("my-name").hasValue()', true],
    ['format.named("dns1035Label").value().validate("1x").value().size()', 1n],
    ['!format.uuid().validate("123e4567-e89b-12d3-a456-426614174000").hasValue()', true],
  ])('%s', (source, value) => expect(run(source)).toEqual(value))
})

test('errors on one side of a decided && or || do not count', () => {
  expect(run('self.labels.no == "x" || true')).toBe(true)
  expect(run('1 / 0 == 1 && false')).toBe(false)
  expect(breaks('1 / 0 == 1 && true')).toBe('division by zero')
  expect(run('self.items.exists(i, i.n == 2 || self.labels.no == "")')).toBe(true)
  expect(run('self.items.exists(i, 2 / (i.n - 1) == 2)')).toBe(true)
})

test('errors of evaluation are worded as cel-go words them', () => {
  expect(breaks('self.labels.no')).toBe('no such key: no')
  expect(breaks('self.name', {})).toBe('no such key: name')
  expect(breaks('[1][1]')).toBe('index out of bounds: 1')
  expect(breaks('9223372036854775807 + 1')).toBe('integer overflow')
  expect(breaks('optional.none().value() == 1')).toBe('optional.none() dereference')
  expect(breaks('self.port < "a"')).toBe('no such overload')
  expect(breaks('"a".find("(")')).toBe('Illegal regex: error parsing regexp: missing closing ): `(`')
})

test('what cannot be compiled says where and why', () => {
  expect(fails('self.nope')).toBe("undefined field 'nope'")
  expect(fails('nope')).toBe("undeclared reference to 'nope' (in container '')")
  expect(fails('self.replicas == "a"')).toBe("found no matching overload for '_==_' applied to '(int, string)'")
  expect(fails('self.name.contains(1)')).toBe("found no matching overload for 'contains' applied to 'string.(int)'")
  expect(fails('self.name.nope()')).toBe("undeclared reference to 'nope' (in container '')")
  expect(fails('self.name.x')).toBe("type 'string' does not support field selection")
  expect(fails('self.replicas.all(x, true)')).toBe(
    "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
  )
  expect(fails('[1, "a"]')).toBe("expected type 'int' but found 'string'")
  expect(fails('"a".matches("(")')).toBe('invalid matches argument')
  expect(fails('has(self)')).toBe('invalid argument to has() macro')
  expect(fails('self.items.all(1, true)')).toBe('argument must be a simple name')
  expect(fails('1 +')).toContain("Syntax error: mismatched input '<EOF>' expecting {'[',")
  expect(fails('1 2')).toBe("Syntax error: mismatched input '2' expecting <EOF>")
  expect(() => compile('self.name == 1 &&\n self.nope', environment)).toThrow(
    [
      "ERROR: <input>:1:11: found no matching overload for '_==_' applied to '(string, int)'",
      ' | self.name == 1 &&',
      ' | ..........^',
      "ERROR: <input>:2:6: undefined field 'nope'",
      ' |  self.nope',
      ' | .....^',
    ].join('\n'),
  )
})

describe('costs', () => {
  const cost = (source: string) => compile(source, environment).evaluate({ self: toValue(OBJECT, SELF) }).cost
  test.each<[string, number]>([
    ['true', 0],
    ['self.replicas', 2],
    ['self.replicas > 1', 3],
    ['has(self.name)', 1],
    ['self.items.all(i, true)', 2 + 2 * 3 + 1],
    ['[1, 2]', 0],
    ['[self.replicas]', 12],
    ['self.items.exists_one(i, i.n == 2)', 12],
    ['"a".startsWith("0123456789a")', 2],
  ])('%s costs %i', (source, expected) => expect(cost(source)).toBe(expected))

  test('what costs too much is given up', () => {
    const nested = 'self.items.all(a, self.items.all(b, self.items.all(c, self.items.all(d, true))))'
    const program = compile(nested, environment)
    const items = Array.from({ length: 100 }, (_, n) => ({ name: 'x', n }))
    expect(() => program.evaluate({ self: toValue({ items }, SELF) })).toThrow(
      'operation cancelled: actual cost limit exceeded',
    )
    expect(program.estimate().max).toBeGreaterThan(10_000_000)
  })

  test('estimates grow with the sizes that are allowed', () => {
    const max = (source: string) => compile(source, environment).estimate().max
    expect(max('self.replicas > 1')).toBe(3)
    expect(max('self.items.all(i, i.n > 0)')).toBe(2 + 100 * (2 + 1 + 3) + 1)
    expect(max('self.name.contains("abc")')).toBe(3)
    expect(max('self.name == "abc"')).toBe(3)
  })

  test('an expression that would hang a backtracking matcher does not', () => {
    expect(run('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a+)+$")')).toBe(false)
  })

  test('deep nesting is refused, not fatal', () => {
    expect(fails(`${'('.repeat(5000)}1${')'.repeat(5000)}`)).toBe('expression recursion limit exceeded: 250')
    expect(run(Array(2000).fill('true').join(' && '))).toBe(true)
  })
})
