import type { Kind } from '../apimachinery/schema/kind.ts'

/**
 * Which resources are served, as kube-apiserver's --runtime-config says (apiserver pkg/server/resourceconfig and
 * pkg/server/options/api_enablement.go): `apps/v1=false`, `resource.k8s.io/v1beta1/deviceclasses=true`, `api/beta=true`.
 */

/** Keys that stand for many versions; where several fit one, the last of them decides. */
const CLASSES: readonly (readonly [key: string, versions: RegExp])[] = [
  ['api/all', /^/],
  ['api/ga', /^v\d+$/],
  ['api/beta', /^v\d+beta\d+$/],
  ['api/alpha', /^v\d+alpha\d+$/],
]
const isClass = (key: string) => CLASSES.some(([name]) => name === key)

const TRUE = ['', '1', 't', 'T', 'TRUE', 'true', 'True']
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False']

/** Keys and values of the flag's text; a key alone means true. Where one stands there twice, the last counts. */
function parse(text: string): Map<string, string> {
  const pairs = text
    .split(',')
    .map(pair => pair.trim())
    .filter(Boolean)
  return new Map(
    pairs.map(pair => {
      const [key = '', ...value] = pair.split('=')
      return [key.trim(), value.join('=').trim()]
    }),
  )
}

function isOn(key: string, value: string): boolean {
  if (isClass(key) && value !== 'true' && value !== 'false') throw new Error(`invalid value ${key}=${value}`)
  if (TRUE.includes(value)) return true
  if (FALSE.includes(value)) return false
  const why = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`
  throw new Error(`invalid value of ${key}: ${value}, err: ${why}`)
}

/** Refuses keys that say nothing about these kinds. */
function check(keys: readonly string[], kinds: readonly Kind[]): void {
  const groups = new Set(kinds.map(({ group }) => group))
  const versions = new Set(kinds.map(({ group, version }) => `${group}/${version}`))
  const unknown = new Set<string>()
  for (const key of keys) {
    const [group, version, resource = '', ...more] = key.split('/')
    if (version === undefined || more.length > 0) throw new Error(`runtime-config invalid key ${key}`)
    if (!groups.has(group!)) unknown.add(`${group}/${version}`)
    else if (!versions.has(`${group}/${version}`)) {
      throw new Error(`group version ${group}/${version} that has not been registered`)
    } else if (resource !== resource.toLowerCase()) {
      const form = `group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`
      throw new Error(`invalid key ${key}: ${form}`)
    }
  }
  if (unknown.size > 0) throw new Error(`unknown api groups ${[...unknown].sort().join(',')}`)
}

/**
 * Tells of each of these kinds whether it is served, by the flag's text: what is said of its resource, or else of its version,
 * or else of all such versions, or else by default. Throws Error, in upstream's words, where the text cannot be meant.
 */
export function servedBy(text: string, kinds: readonly Kind[]): (kind: Kind) => boolean {
  const config = parse(text)
  if (config.size === 1 && config.get('api/all') === 'false') {
    throw new Error('invalid runtime-config with only api/all=false')
  }
  check(
    [...config.keys()].filter(key => !isClass(key)),
    kinds,
  )
  const switches = new Map([...config].map(([key, value]) => [key, isOn(key, value)]))
  return ({ group, version, plural, offByDefault }) => {
    const ofClass = CLASSES.filter(([, versions]) => versions.test(version)).map(([key]) => switches.get(key))
    return (
      switches.get(`${group}/${version}/${plural}`) ??
      switches.get(`${group}/${version}`) ??
      ofClass.findLast(on => on !== undefined) ??
      !offByDefault
    )
  }
}
