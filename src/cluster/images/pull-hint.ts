import type { CriClient } from '../../kubelet/cri/client.ts'
import { CriError } from '../../kubelet/cri/error.ts'
import { findRecipe } from './recipes/index.ts'

/** The same runtime, whose failed pulls tell how an image gets into the cluster without a registry. */
export function withPullHint(cri: CriClient, cluster: string): CriClient {
  return {
    ...cri,
    images: {
      ...cri.images,
      async pullImage(request, options) {
        try {
          return await cri.images.pullImage(request, options)
        } catch (error) {
          if (!(error instanceof CriError)) throw error
          throw new CriError(
            error.code,
            `${error.details}. ${hint(request?.image?.image ?? '', cluster)}`,
            error.method,
          )
        }
      },
    },
  }
}

function hint(image: string, cluster: string): string {
  const what = findRecipe(image)?.names[0] ?? 'FILE'
  const name = cluster === 'tsukube' ? '' : ` --name ${cluster}`
  const file = what === 'FILE' ? ', FILE being what "docker save" writes' : ''
  return `Without a registry: tsukube image load ${what}${name}${file}`
}
