import type { CsiDriver } from './driver.ts'

/** The CSI drivers that are registered on this node, by name. */
export class CsiDrivers {
  readonly #drivers = new Map<string, CsiDriver>()
  readonly #onChange: () => void

  /** `onChange` is called whenever a driver comes or goes. */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get all(): readonly CsiDriver[] {
    return [...this.#drivers.values()]
  }

  /** Throws, as upstream words it, when there is none of this name. */
  get(name: string): CsiDriver {
    const driver = this.#drivers.get(name)
    if (!driver) throw new Error(`driver name ${name} not found in the list of registered CSI drivers`)
    return driver
  }

  set(driver: CsiDriver): void {
    this.#drivers.get(driver.name)?.close()
    this.#drivers.set(driver.name, driver)
    this.#onChange()
  }

  delete(driver: CsiDriver): void {
    driver.close()
    // Another one of the name may have taken its place.
    if (this.#drivers.get(driver.name) !== driver) return
    this.#drivers.delete(driver.name)
    this.#onChange()
  }
}
