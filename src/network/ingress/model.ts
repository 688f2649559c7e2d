import type { Ingress, IngressBackend } from '../../api/networking/ingress.ts'
import { type Annotated, annotationsOf, type Settings } from './annotations.ts'
import { type Backend, type Backends, backendOf } from './backend.ts'

/** A path of a virtual host and where its requests go. */
export interface Location {
  readonly path: string
  /** `prefix` counts whole path elements; `regex` is anchored at the start and not case-sensitive. */
  readonly match: 'exact' | 'prefix' | 'regex'
  /** Undefined where nothing answers: 503. */
  readonly backend: Backend | undefined
  readonly settings: Settings
  /** Plain requests are sent to https. */
  readonly redirectToHttps: boolean
  /** `namespace/name` of its Ingress. */
  readonly source: string
}

export interface VirtualHost {
  /** Empty for requests to any other host; `*.` stands for one label. */
  readonly host: string
  readonly locations: readonly Location[]
  /** `namespace/name` of the Secret with its certificate. */
  readonly tlsSecret?: string
}

/** Something about an Ingress that its owner should hear of. */
export interface Problem {
  /** `namespace/name` of the Ingress. */
  readonly source: string
  readonly message: string
}

export interface IngressModel {
  readonly hosts: readonly VirtualHost[]
  readonly problems: readonly Problem[]
}

interface HostDraft {
  host: string
  locations: Location[]
  tls: boolean
  tlsSecret?: string
  /** Takes what no path of the host does. */
  fallback?: { ingress: Ingress; backend: IngressBackend }
}

/** As the API allows them; checked again because what stands here ends up in a configuration file. */
const HOST = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

const sourceOf = ({ metadata: { namespace, name } }: Ingress) => `${namespace}/${name}`
const ageOf = (ingress: Ingress) => `${ingress.metadata.creationTimestamp} ${sourceOf(ingress)}`

/** Puts the rules of all ingresses together by host. Older ingresses win where two claim the same path. */
export function ingressModel(ingresses: readonly Ingress[], cluster: Backends): IngressModel {
  const drafts = new Map<string, HostDraft>()
  const problems: Problem[] = []
  const annotated = new Map<Ingress, Annotated>()
  const draftOf = (host: string) => {
    const known = drafts.get(host) ?? { host, locations: [], tls: false }
    drafts.set(host, known)
    return known
  }
  const place = (draft: HostDraft, ingress: Ingress, path: string, pathType: string, backend: IngressBackend) => {
    const { settings, invalid } = annotated.get(ingress)!
    const location: Location = {
      path: pathType === 'Prefix' && !settings.regex ? path.replace(/\/+$/, '') || '/' : path,
      match: pathType === 'Exact' ? 'exact' : settings.regex ? 'regex' : 'prefix',
      backend: invalid.length > 0 ? undefined : backendOf(ingress.metadata.namespace ?? '', backend, cluster),
      settings,
      redirectToHttps: settings.forceSslRedirect || (draft.tls && settings.sslRedirect),
      source: sourceOf(ingress),
    }
    const taken = draft.locations.find(l => l.path === location.path && l.match === location.match)
    if (!taken) draft.locations.push(location)
    else if (taken.source !== location.source)
      problems.push({ source: location.source, message: `${draft.host}${path} is served by ${taken.source} already` })
  }

  const sorted = [...ingresses].sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))
  for (const ingress of sorted) {
    const found = annotationsOf(ingress)
    annotated.set(ingress, found)
    const source = sourceOf(ingress)
    for (const key of found.invalid) problems.push({ source, message: `annotation ${key} has an invalid value` })
    for (const key of found.ignored) problems.push({ source, message: `annotation ${key} is not supported` })
    for (const { hosts, secretName } of ingress.spec.tls ?? []) {
      for (const name of hosts?.length ? hosts : namesOf(ingress)) {
        if (name !== '' && !HOST.test(name)) continue
        const draft = draftOf(name)
        draft.tls = true
        if (secretName) draft.tlsSecret ??= `${ingress.metadata.namespace}/${secretName}`
      }
    }
  }
  for (const ingress of sorted) {
    const { defaultBackend: backend, rules } = ingress.spec
    if (backend) for (const name of namesOf(ingress)) draftOf(name).fallback ??= { ingress, backend }
    for (const { host = '', http } of rules ?? []) {
      if (host !== '' && !HOST.test(host)) {
        problems.push({ source: sourceOf(ingress), message: `host ${host} is not a host name` })
        continue
      }
      for (const { path = '/', pathType = '', backend } of http?.paths ?? []) {
        if (path === '' || path.startsWith('/')) place(draftOf(host), ingress, path || '/', pathType, backend)
        else problems.push({ source: sourceOf(ingress), message: `path ${path} does not begin with /` })
      }
    }
  }
  for (const draft of drafts.values()) {
    const { fallback, locations } = draft
    const whole = locations.some(l => l.path === '/' && l.match !== 'exact')
    if (fallback && !whole) place(draft, fallback.ingress, '/', 'Prefix', fallback.backend)
  }
  return { hosts: [...drafts.values()].map(({ fallback, tls, ...host }) => host), problems }
}

/** The hosts of an Ingress's rules; '' where it names none. */
function namesOf({ spec }: Ingress): string[] {
  const names = new Set((spec.rules ?? []).map(rule => rule.host ?? '').filter(host => host === '' || HOST.test(host)))
  return names.size > 0 ? [...names] : ['']
}
