import { expectTypeOf, test } from 'vitest'
import { type InputOf, type Kind, type KindOf, kind } from './kind.ts'
import { int32, list, message, quantity, ref, string, types } from './types.ts'

const port = message('k8s.io.test.Port', { port: int32(1).required(), protocol: string(2).default('TCP') })
const widget = kind({
  group: 'test',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Namespaced',
  fields: {
    spec: ref(
      2,
      message('k8s.io.test.WidgetSpec', {
        replicas: int32(1).default(1),
        ports: list(2, port).mapKeys('port'),
        memory: quantity(3),
        tags: list(4, types.string),
      }),
    ).always(),
  },
  validate: (w, at) => {
    if (w.spec.replicas < 0) at.child('spec', 'replicas').invalid(w.spec.replicas, 'negative')
  },
})
interface Widget extends KindOf<typeof widget> {}

test('a kind yields the type of its decoded objects', () => {
  expectTypeOf<Widget['spec']['replicas']>().toEqualTypeOf<number>()
  expectTypeOf<NonNullable<Widget['spec']['ports']>[number]['protocol']>().toEqualTypeOf<string>()
  expectTypeOf<Widget['spec']['memory']>().toEqualTypeOf<string | undefined>()
})

test('a kind yields the type a writer has to give', () => {
  expectTypeOf<{ spec: { ports: [{ port: 1 }] } }>().toExtend<InputOf<typeof widget>>()
  expectTypeOf<{ spec: { ports: [{ protocol: 'TCP' }] } }>().not.toExtend<InputOf<typeof widget>>()
  expectTypeOf<Widget>().toExtend<InputOf<typeof widget>>()
})

test('a kind of one type may stand where any kind is asked for', () => {
  expectTypeOf(widget).toExtend<Kind>()
})
