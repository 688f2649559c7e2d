import { type Catalogue, choosePackages, closureOf, type DebianPackage, knownPackages } from './debian-packages.ts'
import { buildLayer, cachedLayer, type Layer } from './layer.ts'
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
  const catalogue = await choosePackages(packageNames(recipes), cacheDir)
  const images: BuiltImage[] = []
  for (const { names, config, layers } of recipes) {
    progress(names[0]!)
    const built: Layer[] = []
    for (const [layer, packages] of packagesOfLayers(layers, catalogue))
      built.push(await buildLayer(layer, packages, cacheDir))
    images.push({ names, config, layers: built })
  }
  return images
}

/** The images of these recipes as far as they have been made before, together or one by one. */
export async function cachedImages(recipes: readonly Recipe[], cacheDir: string): Promise<BuiltImage[]> {
  const together = await knownPackages(packageNames(recipes), cacheDir)
  const images = await Promise.all(
    recipes.map(async ({ names, config, layers }) => {
      const catalogue = together ?? (await knownPackages(packageNames([{ layers }]), cacheDir))
      if (!catalogue) return undefined
      const found = packagesOfLayers(layers, catalogue).map(([layer, packages]) =>
        cachedLayer(layer, packages, cacheDir),
      )
      const made = (await Promise.all(found)).filter(layer => layer !== undefined)
      return made.length === layers.length ? { names, config, layers: made } : undefined
    }),
  )
  return images.filter(image => image !== undefined)
}

const packageNames = (recipes: readonly Pick<Recipe, 'layers'>[]) =>
  recipes.flatMap(recipe => recipe.layers.flatMap(layer => layer.packages ?? []))

/** Each layer with the packages that are not in those below it. */
function packagesOfLayers(layers: readonly LayerRecipe[], catalogue: Catalogue): [LayerRecipe, DebianPackage[]][] {
  const below = new Set<string>()
  return layers.map(layer => {
    const all = closureOf(catalogue, layer.packages ?? [], layer.without ?? [])
    const packages = all.filter(found => !below.has(found.name))
    for (const found of packages) below.add(found.name)
    return [layer, packages]
  })
}
