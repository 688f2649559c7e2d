/** What an image is made of. Layers that are the same in several recipes are built and stored once. */
export interface Recipe {
  /** Names the image gets, as users write them. */
  names: readonly string[]
  /** From the bottom up. */
  layers: readonly LayerRecipe[]
  config: ImageConfig
}

export interface LayerRecipe {
  /** Debian packages, with all they depend on; packages of lower layers are not repeated. */
  packages?: readonly string[]
  /** Packages to leave out although others depend on them: what only an installation needs. */
  without?: readonly string[]
  /** Paths, or folders, to leave out of the packages' files. */
  prune?: readonly string[]
  /** Files of our own, laid over the packages'. */
  files?: readonly ImageFile[]
}

/** A file, a folder (path ends in /) or a symbolic link, by its absolute path. */
export interface ImageFile {
  path: string
  content?: string
  /** Makes it a symbolic link to this. */
  link?: string
  /** Permission bits; 0644 for files and 0755 for folders. */
  mode?: number
  uid?: number
  gid?: number
}

/** The part of an OCI image configuration that says how to run it. */
export interface ImageConfig {
  Entrypoint?: readonly string[]
  Cmd?: readonly string[]
  Env?: readonly string[]
  WorkingDir?: string
  User?: string
  ExposedPorts?: Readonly<Record<string, Record<string, never>>>
  StopSignal?: string
  Labels?: Readonly<Record<string, string>>
}
