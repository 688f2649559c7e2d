import { MIRROR_ANNOTATION } from '../../api/core/pod/annotation-rules.ts'
import { podQOS } from '../../api/core/pod/qos.ts'
import type { Pod } from '../../api/core/pod.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { own } from '../../apimachinery/own.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import type { At } from '../../apimachinery/validation/at.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]
type Resources = NonNullable<PodSpec['resources']>
type Amounts = Readonly<Record<string, string>>

const SIDES = ['requests', 'limits'] as const
const ONLY_COMPUTE = 'only cpu and memory resources are mutable'

/** Amounts with CPU and memory put back, and with the old spelling of what is the same amount. */
function withOldCompute(amounts: Amounts | undefined, old: Amounts | undefined): Record<string, string> | undefined {
  const kept: Record<string, string> = {}
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    if (name === 'cpu' || name === 'memory') continue
    const before = own(old ?? {}, name)
    kept[name] = before !== undefined && compareQuantities(before, amount) === 0 ? before : amount
  }
  for (const name of ['cpu', 'memory']) if (old?.[name] !== undefined) kept[name] = old[name]
  return old || Object.keys(kept).length > 0 ? kept : undefined
}

/** Resources with everything that may change put back, to see whether anything else has changed. */
function withoutResize(resources: Resources, old: Resources | undefined): Resources {
  const { requests: _, limits: __, ...rest } = resources
  const out: Resources = rest
  for (const side of SIDES) {
    const amounts = withOldCompute(resources[side], old?.[side])
    if (amounts) out[side] = amounts
  }
  return out
}

const changedElsewhere = (container: Container, old: Container): boolean =>
  !deepEqual({ ...container, resources: withoutResize(container.resources, old.resources) }, old)

function validateNoneRemoved(now: Resources, old: Resources, at: At, what: string): void {
  for (const side of SIDES) {
    const gone = Object.keys(old[side] ?? {}).some(name => now[side]?.[name] === undefined)
    if (gone) at.child(side).forbidden(`${what} ${side} cannot be removed`)
  }
}

function validatePodLevel(spec: PodSpec, old: PodSpec, at: At): void {
  const [now, before] = [spec.resources, old.resources]
  const place = at.child('resources')
  if (!now) {
    if (before) place.forbidden('pod-level resources cannot be removed')
    return
  }
  validateNoneRemoved(now, before ?? {}, place, 'pod-level resource')
  if (!deepEqual(withoutResize(now, before), before ?? {})) at.forbidden(`${ONLY_COMPUTE} at pod-level`)
}

/** Whether the containers are still the same, by number and name. */
function validateNames(spec: PodSpec, old: PodSpec, at: At): boolean {
  let same = true
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before] = [spec[list] ?? [], old[list] ?? []]
    const place = at.child(list)
    if (now.length !== before.length) {
      same = false
      place.forbidden(`${list} may not be added or removed on resize`)
      continue
    }
    now.forEach(({ name }, i) => {
      if (name === before[i]!.name) return
      same = false
      place.index(i).child('name').forbidden(`${list} may not be renamed or reordered on resize`)
    })
  }
  return same
}

function validateInitContainer(container: Container, old: Container, at: At): void {
  if (changedElsewhere(container, old)) {
    at.forbidden('only cpu and memory resources for init or sidecar containers are mutable')
  }
  if (container.restartPolicy === 'Always' || deepEqual(container, old)) return
  if (container.resizePolicy?.some(({ restartPolicy }) => restartPolicy === 'RestartContainer')) {
    at.forbidden('non-sidecar init containers with a resize policy of RestartContainer cannot be resized')
  }
}

/** A node that resizes says of its running containers what they have. */
function nodeResizes({ status }: Pod): boolean {
  const running = status.containerStatuses?.find(({ state }) => state.running)
  return !running || running.resources !== undefined
}

/** What may change through the resize subresource, after upstream's ValidatePodResize. */
export function validateResize(pod: Pod, old: Pod, at: At): void {
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
    at.forbidden('static pods cannot be resized')
    return
  }
  if (old.spec.os?.name === 'windows') {
    at.forbidden('windows pods cannot be resized')
    return
  }
  const place = at.child('spec')
  if ((old.status.qosClass || podQOS(old.spec)) !== podQOS(pod.spec)) {
    place.invalid(pod.status.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing')
  }
  if (!nodeResizes(old)) place.forbidden('Pod running on node without support for resize')
  validatePodLevel(pod.spec, old.spec, place)
  if (old.status.nodeAllocatableResourceClaimStatuses?.length) {
    place.forbidden('pods with node allocatable resource claims cannot be resized')
  }
  if (!validateNames(pod.spec, old.spec, place)) return

  for (const list of ['initContainers', 'containers'] as const) {
    pod.spec[list]?.forEach(({ resources }, i) => {
      validateNoneRemoved(
        resources,
        old.spec[list]![i]!.resources,
        place.child(list).index(i).child('resources'),
        'resource',
      )
    })
  }
  pod.spec.containers.forEach((container, i) => {
    if (changedElsewhere(container, old.spec.containers[i]!)) place.forbidden(ONLY_COMPUTE)
  })
  pod.spec.initContainers?.forEach((container, i) => {
    validateInitContainer(container, old.spec.initContainers![i]!, place.child('initContainers').index(i))
  })
}
