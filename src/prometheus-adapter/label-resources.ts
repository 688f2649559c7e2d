import type { Kind } from '../apimachinery/schema/kind.ts'
import type { ResourceMapping } from './configuration.ts'
import type { ResourceKinds } from './resource-kinds.ts'

const PART = /<<\s*\.(Group|Resource)\s*>>/g

/** Which label of a series names which resource (prometheus-adapter pkg/naming resourceConverter). */
export class LabelResources {
  readonly #mapping: ResourceMapping
  readonly #kinds: ResourceKinds
  /** Labels that the template makes, taken apart again. */
  readonly #pattern: RegExp | undefined

  constructor(mapping: ResourceMapping, kinds: ResourceKinds) {
    this.#mapping = mapping
    this.#kinds = kinds
    this.#pattern = mapping.template ? patternOf(mapping.template) : undefined
  }

  /** The resource that a label names; undefined where it names none. */
  resourceOf(label: string): Kind | undefined {
    const override = Object.hasOwn(this.#mapping.overrides ?? {}, label) ? this.#mapping.overrides![label] : undefined
    if (override) return this.#kinds.find(override.group ?? '', override.resource)
    const match = this.#pattern?.exec(label)
    if (!match?.groups) return undefined
    const { Group = '', Resource = '' } = match.groups
    return this.#kinds.find(Group.replaceAll('_', '.'), Resource)
  }

  /** The label by which series name a resource; undefined where they do not. */
  labelOf(kind: Kind): string | undefined {
    const label = Object.keys(this.#mapping.overrides ?? {}).find(one => same(this.resourceOf(one), kind))
    if (label) return label
    const values = { Group: kind.group.replaceAll('.', '_'), Resource: kind.singular }
    return this.#mapping.template?.replace(PART, (_, part: keyof typeof values) => values[part])
  }
}

const same = (a: Kind | undefined, b: Kind) => a?.group === b.group && a.plural === b.plural

function patternOf(template: string): RegExp {
  const literal = (text: string) => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
  let [pattern, at] = ['', 0]
  for (const match of template.matchAll(PART)) {
    pattern += `${literal(template.slice(at, match.index))}(?<${match[1]}>.${match[1] === 'Group' ? '*' : '+'}?)`
    at = match.index + match[0].length
  }
  return new RegExp(`^${pattern}${literal(template.slice(at))}$`)
}
