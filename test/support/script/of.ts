import type { ClientStep } from './step.ts'

type What = Pick<ClientStep, 'apiVersion' | 'kind' | 'plural' | 'scope'>
type More = Partial<Omit<ClientStep, 'do' | 'name' | keyof What>>

/** Steps about one kind; `more` says what must come of them. */
export function of(apiVersion: string, kind: string, plural: string, scope?: 'Cluster') {
  const what: What = { apiVersion, kind, plural, ...(scope && { scope }) }
  const step = (verb: ClientStep['do'], name: string, more: More = {}): ClientStep => ({
    ...what,
    do: verb,
    name,
    ...more,
  })
  const whole = (name: string, { metadata = {}, ...rest }: { metadata?: object } & object) => ({
    apiVersion,
    kind,
    metadata: { name, ...metadata },
    ...rest,
  })
  return {
    step,
    /** With the object's kind and name filled in. */
    create: (name: string, object: object = {}, more?: More) =>
      step('create', name, { body: whole(name, object), ...more }),
    replace: (name: string, object: object, more?: More) =>
      step('replace', name, { body: whole(name, object), ...more }),
    apply: (name: string, manager: string, object: object, more?: More) =>
      step('apply', name, { body: whole(name, object), manager, ...more }),
    get: (name: string, expect?: object) => step('get', name, { expect }),
    gone: (name: string) => step('get', name, { fails: 'NotFound' }),
    merge: (name: string, body: object, more?: More) => step('merge', name, { body, ...more }),
    list: (expect: string[], more?: More) => step('list', '', { expect, ...more }),
    delete: (name: string, more?: More) => step('delete', name, more),
    until: (name: string, condition: string) => step('until', name, { condition }),
  }
}
