import type { Recipe } from '../recipe.ts'

/** Name of the image that sandboxes are made of. */
export const PAUSE_IMAGE = 'localhost/tsukube/pause:1'

/** Holds a pod's namespaces: one static program that sleeps, collects orphans and ends on SIGTERM. */
export const pause: Recipe = {
  names: [PAUSE_IMAGE],
  layers: [{ packages: ['catatonit'], prune: ['/usr/libexec'] }],
  config: { Entrypoint: ['/usr/bin/catatonit', '-P'], User: '65535:65535' },
}
