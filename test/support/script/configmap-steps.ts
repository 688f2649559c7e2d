import { of } from './of.ts'
import type { ClientStep } from './step.ts'

const maps = of('v1', 'ConfigMap', 'configmaps')

/** Refusals every client has to tell apart. */
const refusals: ClientStep[] = [
  maps.create('twice', { data: { a: '1' } }),
  maps.create('twice', { data: { a: '1' } }, { fails: 'AlreadyExists', says: 'configmaps "twice" already exists' }),
  maps.replace('twice', { data: { a: '2' } }, { expect: { data: { a: '2' } } }),
  maps.replace(
    'twice',
    { metadata: { resourceVersion: '1' }, data: { a: '3' } },
    {
      fails: 'Conflict',
      says: 'the object has been modified; please apply your changes to the latest version and try again',
    },
  ),
  maps.merge('twice', { metadata: { resourceVersion: '1' } }, { fails: 'Conflict' }),
  maps.step('json', 'twice', {
    body: [
      { op: 'test', path: '/data/a', value: '2' },
      { op: 'add', path: '/data/b', value: '3' },
      { op: 'move', from: '/data/a', path: '/data/c' },
    ],
    expect: { data: { b: '3', c: '2' } },
  }),
  maps.step('json', 'twice', { body: [{ op: 'test', path: '/data/b', value: 'x' }], fails: 'Invalid' }),
  maps.merge('twice', { data: { b: null } }, { expect: { data: { c: '2' } } }),
  maps.merge('twice', { immutable: true }, { expect: { immutable: true } }),
  maps.merge('twice', { data: { c: '4' } }, { fails: 'Invalid', says: 'field is immutable when `immutable` is set' }),
  maps.merge('twice', { data: { c: 4 } }, { fails: 'Invalid', says: 'cannot unmarshal number into Go' }),
  maps.delete('twice'),
  maps.gone('twice'),
  maps.delete('twice', { fails: 'NotFound', says: 'configmaps "twice" not found' }),
  maps.create('Not_Valid', {}, { fails: 'Invalid', says: 'a lowercase RFC 1123 subdomain must consist of' }),
]

const flow = (name: string, tier?: string) =>
  maps.create(name, { metadata: { labels: { flow: 'yes', ...(tier && { tier }) } }, data: { is: name } })

/** What selectors, pages and watches show of a set that changes, until it is deleted as a whole. */
const collection: ClientStep[] = [
  flow('flow'),
  maps.step('follow', 'changes', { labels: 'flow=yes' }),
  ...['a', 'b', 'c'].map(name => flow(name, 'front')),
  ...['d', 'e'].map(name => flow(name, 'back')),
  maps.list(['d', 'e'], { labels: 'flow=yes,tier=back' }),
  maps.list(['a', 'b', 'c', 'd', 'e'], { labels: 'tier in (front,back),flow!=no' }),
  maps.list(['flow'], { labels: 'flow,!tier' }),
  maps.list([], { labels: 'tier notin (front,back),flow=no' }),
  maps.list(['b'], { fields: 'metadata.name=b' }),
  maps.list(['a', 'c'], { fields: 'metadata.name!=b', labels: 'tier=front' }),
  maps.list([], { labels: 'flow in (', fails: 'BadRequest', says: 'unable to parse requirement' }),
  maps.list([], { fields: 'data.is=a', fails: 'BadRequest', says: 'field label not supported: data.is' }),
  maps.list(['a', 'b', 'c', 'd', 'e', 'flow'], { labels: 'flow=yes', limit: 2 }),
  maps.list(['a', 'b', 'c', 'd', 'e'], { labels: 'tier', limit: 4 }),
  maps.merge('b', { data: { more: 'x' } }, { expect: { data: { is: 'b', more: 'x' } } }),
  maps.step('strategic', 'd', {
    body: { metadata: { labels: { flow: null } } },
    expect: { metadata: { labels: { tier: 'back' } } },
  }),
  maps.delete('c'),
  maps.step('heard', 'changes', {
    count: 9,
    expect: ['flow', 'a', 'b', 'c', 'd', 'e']
      .map(name => `ADDED ${name}`)
      .concat('MODIFIED b', 'DELETED d', 'DELETED c'),
  }),
  maps.list(['a', 'b', 'flow', 'e'].sort(), { labels: 'flow=yes' }),
  maps.step('deletecollection', '', { labels: 'flow=yes' }),
  maps.list([], { labels: 'flow=yes' }),
  maps.get('d', { data: { is: 'd' } }),
]

const dry: ClientStep[] = [
  maps.create('dry', { data: { a: '1' } }, { dryRun: true, expect: { data: { a: '1' } } }),
  maps.gone('dry'),
  maps.create('dry', { data: { 'a b': '1' } }, { dryRun: true, fails: 'Invalid', says: 'a valid config key must' }),
  maps.merge('d', { data: { is: 'x' } }, { dryRun: true, expect: { data: { is: 'x' } } }),
  maps.replace('d', { data: { is: 'y' } }, { dryRun: true, expect: { data: { is: 'y' } } }),
  maps.apply('d', 'dry', { data: { z: 'z' } }, { dryRun: true, expect: { data: { is: 'd', z: 'z' } } }),
  maps.delete('d', { dryRun: true }),
  maps.get('d', { data: { is: 'd' } }),
  maps.delete('d'),
  maps.gone('d'),
]

const deployments = of('apps/v1', 'Deployment', 'deployments')
const imaged = (image: string, env?: object[]) => ({
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'shared' } },
    template: {
      metadata: { labels: { app: 'shared' } },
      spec: { containers: [{ name: 'c', image, ...(env && { env }) }] },
    },
  },
})

/** Two managers that share an object. */
const applying: ClientStep[] = [
  maps.apply('shared', 'one', { data: { a: '1', b: '1' } }, { expect: { data: { a: '1', b: '1' } } }),
  maps.apply('shared', 'two', { data: { c: '2' } }, { expect: { data: { a: '1', b: '1', c: '2' } } }),
  maps.apply(
    'shared',
    'two',
    { data: { a: '2', c: '2' } },
    { fails: 'Conflict', says: 'conflict with "one": .data.a' },
  ),
  maps.apply(
    'shared',
    'two',
    { data: { a: '2', c: '2' } },
    { force: true, dryRun: true, expect: { data: { a: '2' } } },
  ),
  maps.get('shared', { data: { a: '1', b: '1', c: '2' } }),
  maps.apply('shared', 'two', { data: { a: '2', c: '2' } }, { force: true, expect: { data: { a: '2', c: '2' } } }),
  maps.apply('shared', 'one', {}, { expect: { data: { a: '2', c: '2' } } }),
  maps.apply('shared', 'two', { data: { c: '2' } }, { expect: { data: { c: '2' } } }),
  maps.list(['shared'], { fields: 'metadata.name=shared' }),
  maps.delete('shared'),
  deployments.apply('shared', 'one', imaged('i:1', [{ name: 'A', value: '1' }]), {
    expect: { metadata: { generation: 1 } },
  }),
  deployments.apply('shared', 'two', imaged('i:2'), {
    fails: 'Conflict',
    says: '.spec.template.spec.containers[name="c"].image',
  }),
  deployments.apply('shared', 'two', imaged('i:2'), { force: true, expect: { metadata: { generation: 2 } } }),
  deployments.get('shared', imaged('i:2', [{ name: 'A', value: '1' }])),
  deployments.step('strategic', 'shared', {
    body: { spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'B', value: '2' }] }] } } } },
    expect: {
      spec: {
        template: {
          spec: {
            containers: [
              {
                env: [
                  { name: 'B', value: '2' },
                  { name: 'A', value: '1' },
                ],
              },
            ],
          },
        },
      },
    },
  }),
  deployments.step('json', 'shared', {
    body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'i:3' }],
    expect: imaged('i:3'),
  }),
  deployments.merge(
    'shared',
    { spec: { selector: { matchLabels: { app: 'other' } } } },
    { fails: 'Invalid', says: 'field is immutable' },
  ),
  deployments.delete('shared'),
]

/** What a client does with objects that nothing acts upon. */
export const configMapSteps: readonly ClientStep[] = [...refusals, ...collection, ...dry, ...applying]
