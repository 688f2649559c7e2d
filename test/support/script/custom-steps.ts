import { of } from './of.ts'
import type { ClientStep } from './step.ts'

const spec = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    limit: { type: 'integer', default: 10 },
    color: { type: 'string' },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, count: { type: 'integer' } },
      },
    },
  },
  'x-kubernetes-validations': [{ rule: 'self.size <= self.limit', message: 'size is above the limit' }],
}
const status = {
  type: 'object',
  properties: { size: { type: 'integer' }, selector: { type: 'string' }, state: { type: 'string' } },
}
const version = (name: string) => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.size',
      statusReplicasPath: '.status.size',
      labelSelectorPath: '.status.selector',
    },
  },
  selectableFields: [{ jsonPath: '.spec.color' }],
})

/** A definition of a client's own, and objects of it. */
export function customSteps(client: string): ClientStep[] {
  const group = `${client}.example.com`
  const definitions = of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', 'Cluster')
  const widgets = of(`${group}/v1`, 'Widget', 'widgets')
  const old = of(`${group}/v1beta1`, 'Widget', 'widgets')
  const definition = {
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [version('v1'), version('v1beta1')],
    },
  }
  const parts = (count: number) => ({ spec: { parts: [{ name: 'p', count }] } })
  return [
    definitions.create(`widgets.${group}`, definition, { expect: { spec: { conversion: { strategy: 'None' } } } }),
    definitions.until(`widgets.${group}`, 'Established=True'),
    widgets.create('w', { spec: { size: 2, unknown: 1 } }, { expect: { spec: { size: 2, limit: 10 } } }),
    widgets.get('w', { metadata: { generation: 1 } }),
    old.get('w', { apiVersion: `${group}/v1beta1`, spec: { size: 2 } }),
    widgets.create('none', { spec: {} }, { fails: 'Invalid', says: 'spec.size: Required value' }),
    widgets.create('large', { spec: { size: 11 } }, { fails: 'Invalid', says: 'should be less than or equal to 10' }),
    widgets.create('ruled', { spec: { size: 5, limit: 4 } }, { fails: 'Invalid', says: 'size is above the limit' }),
    widgets.create('typed', { spec: { size: 'x' } }, { fails: 'Invalid', says: 'must be of type integer' }),
    widgets.merge('w', { spec: { color: 'red' } }, { expect: { spec: { color: 'red' }, metadata: { generation: 2 } } }),
    widgets.merge('w', { metadata: { labels: { a: 'b' } } }, { expect: { metadata: { generation: 2 } } }),
    widgets.step('strategic', 'w', { body: { spec: { size: 3 } }, fails: 'UnsupportedMediaType' }),
    widgets.step('json', 'w', {
      body: [{ op: 'replace', path: '/spec/size', value: 4 }],
      expect: { spec: { size: 4 }, metadata: { generation: 3 } },
    }),
    widgets.merge(
      'w',
      { spec: { size: 9 }, status: { state: 'fine', size: 4, selector: 'w=w' } },
      { subresource: 'status', expect: { spec: { size: 4 }, status: { state: 'fine' }, metadata: { generation: 3 } } },
    ),
    widgets.merge('w', { status: { state: 'lost' } }, { expect: { status: { state: 'fine' } } }),
    widgets.step('get', 'w', {
      subresource: 'scale',
      expect: { spec: { replicas: 4 }, status: { replicas: 4, selector: 'w=w' } },
    }),
    widgets.step('merge', 'w', {
      subresource: 'scale',
      body: { spec: { replicas: 5 } },
      expect: { spec: { replicas: 5 } },
    }),
    widgets.step('follow', 'widgets', {}),
    widgets.apply('w', 'one', parts(1), { expect: { spec: { size: 5, parts: [{ name: 'p', count: 1 }] } } }),
    widgets.apply('w', 'two', parts(2), {
      fails: 'Conflict',
      says: 'conflict with "one": .spec.parts[name="p"].count',
    }),
    widgets.apply('w', 'two', parts(2), { force: true, expect: parts(2) }),
    old.create('x', { spec: { size: 1, color: 'blue' } }),
    widgets.list(['w', 'x']),
    widgets.list(['x'], { fields: 'spec.color=blue' }),
    widgets.list(['w', 'x'], { limit: 1 }),
    widgets.list([], { fields: 'spec.size=1', fails: 'BadRequest', says: 'field label not supported: spec.size' }),
    widgets.delete('x'),
    widgets.step('heard', 'widgets', {
      count: 5,
      expect: ['ADDED w', 'MODIFIED w', 'MODIFIED w', 'ADDED x', 'DELETED x'],
    }),
    widgets.step('deletecollection', '', { labels: 'a=b' }),
    widgets.gone('w'),
    definitions.delete(`widgets.${group}`),
    definitions.until(`widgets.${group}`, 'deleted'),
  ]
}
