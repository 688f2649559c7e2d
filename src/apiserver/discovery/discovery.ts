import type { ApiServer } from '../apiserver.ts'
import type { Resource } from '../registry/resource.ts'
import { type Subresource, verbsOf } from '../subresources/subresource.ts'
import { compareVersions, groupPriority } from './priority.ts'
import { aggregatedVersion, type RemoteVersion } from './remote.ts'

/** A group's versions, best first, each with its resources. */
interface Group {
  name: string
  versions: Version[]
}

/** One version: its resources here, or what an extension server says that it has. */
interface Version {
  readonly version: string
  readonly resources: Resource[]
  readonly remote?: RemoteVersion
}

/** What the server offers, in the forms clients ask for it. Answers are made once and again when a kind comes or goes. */
export class Discovery {
  readonly #server: ApiServer
  #groups: Group[] | undefined
  #revision = 0
  readonly #answers = new Map<string, Buffer>()
  readonly #remote = new Map<string, RemoteVersion>()

  constructor(server: ApiServer) {
    this.#server = server
  }

  /** The set of kinds has changed. */
  changed(): void {
    this.#groups = undefined
    this.#answers.clear()
    this.#revision++
  }

  /** An extension server answers for a group version from now on. `key`: the name of its APIService. */
  setRemote(key: string, remote: RemoteVersion): void {
    if (JSON.stringify(this.#remote.get(key)) === JSON.stringify(remote)) return
    this.#remote.set(key, remote)
    this.changed()
  }
  forgetRemote(key: string): void {
    if (this.#remote.delete(key)) this.changed()
  }

  /** The extension server for a group version cannot be asked: what it said before is no longer sure. */
  setStale(key: string, named: Omit<RemoteVersion, 'resources' | 'stale'>): void {
    this.setRemote(key, { ...named, resources: this.#remote.get(key)?.resources ?? [], stale: true })
  }

  /** What an extension server says that a group version has. */
  remoteVersion(apiVersion: string): RemoteVersion | undefined {
    return [...this.#remote.values()].find(({ group, version }) => `${group}/${version}` === apiVersion)
  }

  /** Counts the changes, for what is made from the same kinds elsewhere. */
  get revision(): number {
    return this.#revision
  }

  /** /api in the old form. `address` is where clients in the cluster find the server. */
  coreVersions(address: string): object {
    const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: address }]
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs }
  }

  /** /apis in the old form. */
  groupList(): object {
    const named = this.groups().filter(group => group.name !== '')
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(apiGroup) }
  }

  /** /apis/GROUP; undefined when there is no such group. */
  group(name: string): object | undefined {
    const group = this.groups().find(g => g.name === name && name !== '')
    return group && { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) }
  }

  /** /api/v1 or /apis/GROUP/VERSION; undefined when not served. */
  resourceList(groupName: string, version: string): object | undefined {
    const served = this.groups()
      .find(g => g.name === groupName)
      ?.versions.find(v => v.version === version)
    if (!served) return undefined
    const groupVersion = groupName ? `${groupName}/${version}` : version
    const resources = served.resources.flatMap(resource => this.#entries(resource, groupName, version))
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
  }

  /** Everything below /api or /apis in one answer (KEP-3352). */
  aggregated(root: 'api' | 'apis', version: string): Buffer {
    const key = `${root} ${version}`
    let answer = this.#answers.get(key)
    if (!answer) {
      const groups = this.groups().filter(g => (root === 'api') === (g.name === ''))
      answer = Buffer.from(
        JSON.stringify({
          kind: 'APIGroupDiscoveryList',
          apiVersion: `apidiscovery.k8s.io/${version}`,
          metadata: {},
          items: groups.map(group => this.#aggregatedGroup(group)),
        }),
      )
      this.#answers.set(key, answer)
    }
    return answer
  }

  groups(): Group[] {
    if (this.#groups) return this.#groups
    const groups = new Map<string, Map<string, Resource[]>>()
    for (const resource of this.#server.resources) {
      const { group, version } = resource.kind
      const versions = groups.get(group) ?? new Map<string, Resource[]>()
      groups.set(group, versions)
      versions.set(version, [...(versions.get(version) ?? []), resource])
    }
    const remote = [...this.#remote.values()]
    const names = new Set([...groups.keys(), ...remote.map(({ group }) => group)])
    this.#groups = [...names]
      .sort((a, b) => groupPriority(b) - groupPriority(a) || (a < b ? -1 : 1))
      .map(name => {
        const local: Version[] = [...(groups.get(name) ?? [])].map(([version, resources]) => ({
          version,
          resources: resources.sort((a, b) => (a.kind.plural < b.kind.plural ? -1 : 1)),
        }))
        const elsewhere = remote
          .filter(({ group }) => group === name)
          .map(one => ({ version: one.version, resources: [], remote: one }))
        const hidden = new Set(elsewhere.map(({ version }) => version))
        const versions = [...local.filter(({ version }) => !hidden.has(version)), ...elsewhere]
        return { name, versions: versions.sort(byPreference) }
      })
    return this.#groups
  }

  #entries(resource: Resource, group: string, version: string): object[] {
    const { kind } = resource
    const own = {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.scope === 'Namespaced',
      kind: kind.kind,
      verbs: [...kind.verbs].sort(),
      ...(kind.shortNames && { shortNames: kind.shortNames }),
      ...(kind.categories && { categories: kind.categories }),
      ...(!kind.virtual && !resource.computed && { storageVersionHash: hash(`${group}/${version}/${kind.kind}`) }),
    }
    return [own, ...this.#subresources(resource).map(s => oldSubresource(resource, s, group, version))]
  }

  #subresources(resource: Resource): Offered[] {
    const { kind } = resource
    const others = [...(this.#server.subresources.get(resource)?.values() ?? [])].map(offered)
    const status = kind.subresources?.status ? [{ name: 'status', kind, verbs: ['get', 'patch', 'update'] }] : []
    return [...others, ...status].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  #aggregatedGroup(group: Group): object {
    return {
      metadata: { name: group.name || undefined, creationTimestamp: null },
      versions: group.versions.map(({ version, resources, remote }) =>
        remote
          ? aggregatedVersion(remote)
          : {
              version,
              freshness: 'Current',
              resources: resources.map(resource => {
                const { kind } = resource
                const responseKind = { group: kind.group, version: kind.version, kind: kind.kind }
                const subresources = this.#subresources(resource).map(s => ({
                  subresource: s.name,
                  responseKind: { group: s.kind.group, version: s.kind.version, kind: s.kind.kind },
                  verbs: s.verbs,
                }))
                return {
                  resource: kind.plural,
                  responseKind,
                  scope: kind.scope,
                  singularResource: kind.singular,
                  verbs: [...kind.verbs].sort(),
                  ...(kind.shortNames && { shortNames: kind.shortNames }),
                  ...(kind.categories && { categories: kind.categories }),
                  ...(subresources.length > 0 && { subresources }),
                }
              }),
            },
      ),
    }
  }
}

function byPreference(a: Version, b: Version): number {
  const priority = ({ remote }: Version) => remote?.versionPriority ?? 0
  return priority(b) - priority(a) || compareVersions(a.version, b.version)
}

interface Offered {
  name: string
  kind: { group: string; version: string; kind: string }
  verbs: string[]
}

const offered = (subresource: Subresource): Offered => ({
  name: subresource.name,
  kind: subresource.kind,
  verbs: verbsOf(subresource),
})

function oldSubresource(
  { kind }: Resource,
  { name, kind: body, verbs }: Offered,
  group: string,
  version: string,
): object {
  const elsewhere = body.group !== group || body.version !== version
  return {
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.scope === 'Namespaced',
    ...(elsewhere && { group: body.group, version: body.version }),
    kind: body.kind,
    verbs,
  }
}

function apiGroup(group: Group): object {
  const versions = group.versions.map(({ version }) => ({ groupVersion: `${group.name}/${version}`, version }))
  return { name: group.name, versions, preferredVersion: versions[0] }
}

/** A short stable text per storage version, as upstream shows; clients only compare it. */
function hash(text: string): string {
  let h = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) h = ((h ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(h)
  return bytes.toString('base64')
}
