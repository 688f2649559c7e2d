import { type LimitRangeItem, limitRange } from '../../api/core/limitrange.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { podLimitTotals, podRequestTotals, type ResourceList } from '../../api/core/pod/totals.ts'
import type { Pod } from '../../api/core/pod.ts'
import { forbidden } from '../../apimachinery/errors.ts'
import { compareQuantities, quantityNumber } from '../../apimachinery/quantity.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'
import { aggregate } from './aggregate.ts'

const ANNOTATION = 'kubernetes.io/limit-ranger'

interface Resources {
  readonly requests: ResourceList
  readonly limits: ResourceList
}

/** Gives containers the namespace's default requests and limits, and holds objects to its bounds (upstream plugin/limitranger). */
export function limitRanger(server: ApiServer): AdmissionPlugin {
  const ranges = server.resources.of(limitRange).cacher
  const itemsIn = (namespace: string) =>
    [...ranges.values()]
      .map(entry => entry.object)
      .filter(({ metadata }) => metadata.namespace === namespace)
      .flatMap(({ spec }) => spec.limits)
  return {
    name: 'LimitRanger',
    handles: ({ operation, kind, subresource }) =>
      ranges.size > 0 &&
      kind.group === '' &&
      ((kind.plural === 'pods' && (subresource ? subresource === 'resize' : operation === 'CREATE')) ||
        (kind.plural === 'persistentvolumeclaims' &&
          (operation === 'CREATE' || operation === 'UPDATE') &&
          !subresource)),
    admit({ kind, namespace, object, operation }) {
      if (kind.plural === 'pods' && operation === 'CREATE')
        for (const item of itemsIn(namespace)) giveDefaults(object as Pod, item)
    },
    validate({ kind, namespace, object, name }) {
      const problems = itemsIn(namespace).flatMap(item =>
        kind.plural === 'pods'
          ? podProblems(object as Pod, item)
          : claimProblems(object as PersistentVolumeClaim, item),
      )
      if (problems.length > 0) {
        throw forbidden(kind, name || (object?.metadata.generateName ?? ''), aggregate(problems))
      }
    },
  }
}

function giveDefaults(pod: Pod, { type, default: limits = {}, defaultRequest: requests = {} }: LimitRangeItem): void {
  if (type !== 'Container') return
  const notes: string[] = []
  const fill = (word: string, containers: Pod['spec']['containers']) => {
    for (const { name, resources } of containers) {
      for (const [side, defaults] of [
        ['requests', requests],
        ['limits', limits],
      ] as const) {
        const own = resources[side] ?? {}
        const added = Object.keys(defaults)
          .filter(resource => own[resource] === undefined)
          .sort()
        if (added.length === 0) continue
        resources[side] = { ...defaults, ...own }
        notes.push(`${added.join(', ')} ${side.slice(0, -1)} for ${word} ${name}`)
      }
    }
  }
  fill('container', pod.spec.containers)
  fill('init container', pod.spec.initContainers ?? [])
  if (notes.length === 0) return
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  }
}

function podProblems({ spec }: Pod, item: LimitRangeItem): string[] {
  if (item.type === 'Container') {
    return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      outOfBounds(item, { requests: resources.requests ?? {}, limits: resources.limits ?? {} }),
    )
  }
  if (item.type !== 'Pod') return []
  return outOfBounds(item, { requests: podRequestTotals(spec), limits: podLimitTotals(spec) })
}

function claimProblems({ spec }: PersistentVolumeClaim, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return []
  const requests = spec.resources.requests ?? {}
  const place = (word: string, name: string, bound: string) => `${word} ${name} usage per ${item.type} is ${bound}`
  const check = (word: string, bounds: ResourceList = {}, sign: 1 | -1) =>
    Object.entries(bounds).flatMap(([name, bound]) => {
      const request = requests[name]
      if (request === undefined) return [`${place(word, name, bound)}.  No request is specified`]
      return compareQuantities(request, bound) === sign
        ? [`${place(word, name, bound)}, but request is ${request}`]
        : []
    })
  return [...check('minimum', item.min, -1), ...check('maximum', item.max, 1)]
}

function outOfBounds({ type, min = {}, max = {}, maxLimitRequestRatio: ratios = {} }: LimitRangeItem, of: Resources) {
  const problems: string[] = []
  for (const [name, bound] of Object.entries(min)) {
    const text = `minimum ${name} usage per ${type} is ${bound}`
    const [request, limit] = [of.requests[name], of.limits[name]]
    if (request === undefined) problems.push(`${text}.  No request is specified`)
    else if (compareQuantities(request, bound) < 0) problems.push(`${text}, but request is ${request}`)
    else if (limit !== undefined && compareQuantities(limit, bound) < 0) problems.push(`${text}, but limit is ${limit}`)
  }
  for (const [name, bound] of Object.entries(max)) {
    const text = `maximum ${name} usage per ${type} is ${bound}`
    const [request, limit] = [of.requests[name], of.limits[name]]
    if (limit === undefined) problems.push(`${text}.  No limit is specified`)
    else if (compareQuantities(limit, bound) > 0) problems.push(`${text}, but limit is ${limit}`)
    else if (request !== undefined && compareQuantities(request, bound) > 0) {
      problems.push(`${text}, but request is ${request}`)
    }
  }
  for (const [name, bound] of Object.entries(ratios)) {
    const text = `${name} max limit to request ratio per ${type} is ${bound}`
    const [request, limit] = [of.requests[name] ?? '0', of.limits[name] ?? '0']
    const ratio = quantityNumber(limit) / quantityNumber(request)
    if (quantityNumber(request) === 0) problems.push(`${text}, but no request is specified or request is 0`)
    else if (quantityNumber(limit) === 0) problems.push(`${text}, but no limit is specified or limit is 0`)
    else if (ratio > quantityNumber(bound)) problems.push(`${text}, but provided ratio is ${ratio.toFixed(6)}`)
  }
  return problems
}
