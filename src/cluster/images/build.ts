import { choosePackages, closureOf, type DebianPackage } from './debian-packages.ts'
import { buildLayer, type Layer } from './layer.ts'
import type { BuiltImage } from './oci-archive.ts'
import type { LayerRecipe, Recipe } from './recipe.ts'

/**
 * Makes images from Debian packages, without any registry. Layers are kept in `cacheDir` by their content, so building
 * again costs next to nothing. `progress` hears the name of each image that is begun.
 */
export async function buildImages(
  recipes: readonly Recipe[],
  cacheDir: string,
  progress: (name: string) => void = () => {},
): Promise<BuiltImage[]> {
  const catalogue = await choosePackages(
    recipes.flatMap(recipe => recipe.layers.flatMap(layer => layer.packages ?? [])),
    cacheDir,
  )
  const images: BuiltImage[] = []
  for (const { names, config, layers } of recipes) {
    progress(names[0]!)
    const built: Layer[] = []
    const below = new Set<string>()
    for (const layer of layers) {
      const packages = packagesOf(layer).filter(found => !below.has(found.name))
      for (const found of packages) below.add(found.name)
      built.push(await buildLayer(layer, packages, cacheDir))
    }
    images.push({ names, config, layers: built })
  }
  return images

  function packagesOf({ packages = [], without = [] }: LayerRecipe): DebianPackage[] {
    return closureOf(catalogue, packages, without)
  }
}
