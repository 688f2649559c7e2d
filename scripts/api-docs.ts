import { existsSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { allKinds } from '../src/api/index.ts'
import { oldVersions } from '../src/api/old-versions/index.ts'
import { ALL_VERBS, type Kind } from '../src/apimachinery/schema/kind.ts'
import { compareVersions, groupPriority } from '../src/apiserver/discovery/priority.ts'
import { subresourcesOf } from '../src/apiserver/subresources/index.ts'

const ROOT = new URL('..', import.meta.url)
export const DOCUMENT = new URL('docs/api.md', ROOT)

const HEAD = `# What the API server serves

Every built-in kind, by group and version, the preferred version first. Custom resources come on top (docs/customresources.md).
Where it says *off*, a resource is served when it is switched on, as upstream's alpha and beta versions are:
\`tsukube up --runtime-config GROUP/VERSION=true\` (docs/apiserver-operation.md).
Made from the statements of the kinds by \`npm run docs\`; a test holds it against them.
`

/** Folders that are not called as their group's name begins. */
const FOLDERS: Readonly<Record<string, string>> = { 'internal.apiserver.k8s.io': 'apiserverinternal' }

/** Where a kind is stated, for readers. */
function linkOf({ kind, group, storedAs }: Kind): string {
  const folder = group === '' ? 'core' : (FOLDERS[group] ?? group.split('.')[0]!)
  const file = `src/api/${folder}/${kind.toLowerCase()}.ts`
  return !storedAs && existsSync(new URL(file, ROOT)) ? `[${kind}](../${file})` : kind
}

function verbsOf({ verbs }: Kind): string {
  const missing = ALL_VERBS.filter(verb => !verbs.includes(verb))
  return missing.length === 0 ? 'all' : [...verbs].sort().join(', ')
}

function rowOf(kind: Kind): string {
  const subresources = [
    ...subresourcesOf(kind).map(({ name }) => name),
    ...(kind.subresources?.status ? ['status'] : []),
  ].sort()
  const { plural, scope, shortNames = [], storedAs } = kind
  const stored = storedAs?.kind as Kind | undefined
  const cells = [
    linkOf(kind),
    plural,
    scope === 'Namespaced' ? 'namespace' : 'cluster',
    verbsOf(kind),
    subresources.join(', '),
    shortNames.join(', '),
    stored ? `${stored.apiVersion} ${stored.kind}` : '',
    kind.offByDefault ? 'off' : '',
  ]
  return `| ${cells.join(' | ')} |`
}

/** The text of docs/api.md. */
export function apiDocument(): string {
  const byVersion = new Map<string, Kind[]>()
  for (const kind of [...allKinds, ...oldVersions])
    byVersion.set(kind.apiVersion, [...(byVersion.get(kind.apiVersion) ?? []), kind])
  const sections = [...byVersion.values()]
    .sort(([a], [b]) => {
      const [x, y] = [a!, b!]
      return (
        groupPriority(y.group) - groupPriority(x.group) ||
        x.group.localeCompare(y.group) ||
        compareVersions(x.version, y.version)
      )
    })
    .map(kinds => {
      const rows = kinds.sort((a, b) => (a.kind < b.kind ? -1 : 1)).map(rowOf)
      const head = [
        '| kind | resource | in a | verbs | subresources | short names | stored as | by default |',
        '|---|---|---|---|---|---|---|---|',
      ]
      return [`## ${kinds[0]!.apiVersion}`, '', ...head, ...rows, ''].join('\n')
    })
  return [HEAD, ...sections].join('\n')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(DOCUMENT, apiDocument())
