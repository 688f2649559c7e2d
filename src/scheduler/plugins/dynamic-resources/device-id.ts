interface Named {
  readonly driver: string
  readonly pool: string
  readonly device: string
}

/** Names a pool of the cluster. */
export const poolId = ({ driver, pool }: Omit<Named, 'device'>): string => `${driver}/${pool}`

/** Names a device of the cluster. */
export const deviceId = (named: Named): string => `${poolId(named)}/${named.device}`
