/** A volume that could not be set up, and why, as upstream words it. */
export class VolumeError extends Error {
  constructor(volume: string, cause: unknown) {
    super(`MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : ${(cause as Error).message}`, { cause })
    this.name = 'VolumeError'
  }
}

/** A volume whose claim has not got one that this node can use. */
export class ClaimError extends VolumeError {
  constructor(volume: string, why: string) {
    super(volume, new Error(why))
    this.message = `Unable to attach or mount volumes: unmounted volumes=[${volume}], unattached volumes=[], failed to process volumes=[${volume}]: ${why}`
  }
}
