import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { AdmissionAttributes } from '../admission/admission.ts'
import type { Query } from '../request.ts'
import type { ConnectSubresource, ObjectSubresource, Target } from '../subresources/subresource.ts'

const FLAGS = ['stdin', 'stdout', 'stderr', 'tty']

/** Lets admission see an object that is posted to a subresource: an Eviction, a Binding, a TokenRequest. */
export function admitCreate(target: Target, { name, kind }: ObjectSubresource, object: KubeObject): Promise<void> {
  return admit(target, { operation: 'CREATE', subresource: name, subresourceKind: kind, object })
}

/** Lets admission see a connection about to be made: exec, attach, port-forward, proxy. Reading logs is none. */
export async function admitConnect(target: Target, { name, kind }: ConnectSubresource, query: Query): Promise<void> {
  if (name === 'log') return
  const options: Record<string, unknown> = { kind: kind.kind, apiVersion: 'v1' }
  if (name === 'exec' || name === 'attach') {
    for (const flag of FLAGS) if (query.bool(flag)) options[flag] = true
    if (query.has('container')) options.container = query.string('container')
    if (query.has('command')) options.command = query.all('command')
  } else if (name === 'portforward') {
    if (query.has('ports')) options.ports = query.all('ports').flatMap(list => list.split(',').map(Number))
  } else if (query.has('path')) options.path = query.string('path')
  const object = options as unknown as KubeObject
  await admit(target, { operation: 'CONNECT', subresource: name, subresourceKind: kind, object })
}

async function admit(
  { resource, namespace, name, context }: Target,
  what: Pick<AdmissionAttributes, 'operation' | 'subresource' | 'subresourceKind' | 'object'>,
): Promise<void> {
  const attributes = { ...what, kind: resource.kind, namespace, name, oldObject: undefined, context }
  await resource.deps.admission.admit(attributes)
  await resource.deps.admission.validate(attributes)
}
