import pico from 'picocolors'
import { allKinds } from '../../api/index.ts'
import { type Cause, type Explanation, explanation } from '../../api/why/index.ts'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { requireCluster } from '../../cluster/cluster-config.ts'
import { withAdmin } from '../../cluster/node-access.ts'

/** `tsukube why pod/web`, or without an object all that is held back in a namespace. */
export async function whyCommand(
  given: string | undefined,
  { name: cluster, namespace, output }: { name: string; namespace: string; output: string },
): Promise<void> {
  requireCluster(cluster)
  const name = given === undefined ? undefined : explanationName(given)
  const found = await withAdmin(cluster, async client =>
    name === undefined
      ? (await client.list(explanation, { namespace })).items
      : [await client.get(explanation, { namespace, name })],
  )
  if (output === 'json') process.stdout.write(`${JSON.stringify(name === undefined ? found : found[0], null, 2)}\n`)
  else if (found.length === 0) process.stdout.write(`Nothing is held back in namespace ${namespace}.\n`)
  else process.stdout.write(found.map(textOf).join('\n'))
}

/** What the API calls it: `pods:web` for `pod/web`, `po/web` or `pods web`. */
function explanationName(given: string): string {
  const [type = '', name, more] = given.split('/')
  if (!name || more !== undefined) {
    throw new MachineError(`${given} names no object`, 'its form is TYPE/NAME', 'For example: tsukube why pod/web')
  }
  const [short, ...group] = type.toLowerCase().split('.')
  const kind = allKinds.find(
    ({ plural, singular, shortNames = [], group: its }) =>
      [plural, singular, ...shortNames].includes(short!) && (group.length === 0 || its === group.join('.')),
  )
  // Custom resources are named as they stand in URLs: widgets.example.com/one.
  return kind ? `${kind.plural}${kind.group && `.${kind.group}`}:${name}` : `${type}:${name}`
}

function textOf({ about, summary, causes }: Explanation): string {
  const head = `${pico.bold(`${about.kind.toLowerCase()}/${about.name}`)}: ${summary}\n`
  if (causes.length === 0) return `${head}  Nothing holds it back.\n`
  return head + causes.map(lineOf).join('')
}

function lineOf({ source, reason, message, remedy, object }: Cause): string {
  const where = object ? ` (${object.kind.toLowerCase()}/${object.name})` : ''
  const what = `  ${pico.bold(`${source}: ${reason}`)}${where}\n    ${message}\n`
  return remedy ? `${what}    ${pico.dim('To change it:')} ${remedy}\n` : what
}
