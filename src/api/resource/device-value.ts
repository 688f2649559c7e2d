import { toQuantity } from '../../apimachinery/cel/library/kubernetes.ts'
import { Semver } from '../../apimachinery/cel/library/semver.ts'
import { ArrayList, MapLiteral, MapValue, ObjectValue, type Value } from '../../apimachinery/cel/values.ts'
import type { DeviceAttribute, DeviceCapacity } from './device.ts'

/** What expressions call the type of `device`. */
export const DEVICE_TYPE = 'kubernetes.DRADevice'

/** What selectors can ask of a device. */
export interface DeviceFacts {
  /** Stands for the domain of attributes and capacities whose names have none. */
  readonly driver: string
  readonly attributes?: Readonly<Record<string, DeviceAttribute>>
  readonly capacity?: Readonly<Record<string, DeviceCapacity>>
  readonly allowMultipleAllocations?: boolean
}

const NONE = new MapLiteral([])

/** By domain. A domain of which the device has nothing is empty, so that one can look into it all the same. */
class Domains extends MapValue {
  readonly #domains: MapLiteral

  constructor(domains: ReadonlyMap<string, readonly (readonly [string, Value])[]>) {
    super()
    this.#domains = new MapLiteral([...domains].map(([domain, entries]) => [domain, new MapLiteral(entries)]))
  }
  get size(): number {
    return this.#domains.size
  }
  get(domain: Value): Value {
    return this.#domains.get(domain) ?? NONE
  }
  override has(domain: Value): boolean {
    return this.#domains.has(domain)
  }
  keys(): Iterable<Value> {
    return this.#domains.keys()
  }
}

class DeviceValue extends ObjectValue {
  readonly type = DEVICE_TYPE
  readonly #fields: ReadonlyMap<string, Value>

  constructor(fields: Readonly<Record<string, Value>>) {
    super()
    this.#fields = new Map(Object.entries(fields))
  }
  get size(): number {
    return this.#fields.size
  }
  get(field: string): Value | undefined {
    return this.#fields.get(field)
  }
  fields(): Iterable<string> {
    return this.#fields.keys()
  }
}

/** A device as selectors see it. Throws EvaluationError where an attribute's version is none. */
export const deviceValue = (facts: DeviceFacts): Value =>
  new DeviceValue({
    driver: facts.driver,
    attributes: domainsOf(facts.attributes, facts.driver, attributeValue),
    capacity: domainsOf(facts.capacity, facts.driver, ({ value }) => toQuantity(value)),
    allowMultipleAllocations: facts.allowMultipleAllocations ?? false,
  })

function domainsOf<T>(
  entries: Readonly<Record<string, T>> = {},
  driver: string,
  toValue: (entry: T) => Value,
): Domains {
  const domains = new Map<string, [string, Value][]>()
  for (const [name, entry] of Object.entries(entries)) {
    const slash = name.indexOf('/')
    const domain = slash < 0 ? driver : name.slice(0, slash)
    domains.set(domain, [...(domains.get(domain) ?? []), [name.slice(slash + 1), toValue(entry)]])
  }
  return new Domains(domains)
}

function attributeValue({ int, bool, string, version, ints, bools, strings, versions }: DeviceAttribute): Value {
  if (int !== undefined) return BigInt(int)
  if (version !== undefined) return new Semver(version)
  const list = ints?.map(BigInt) ?? bools ?? strings ?? versions?.map(text => new Semver(text))
  return list ? new ArrayList(list) : (bool ?? string ?? null)
}
