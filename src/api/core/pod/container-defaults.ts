import { defaultPullPolicy } from './images.ts'

interface Pullable {
  readonly image?: string
  imagePullPolicy?: string
}

/** Defaults of a container that depend on its other fields. */
export function defaultContainer(container: Pullable): void {
  container.imagePullPolicy ??= defaultPullPolicy(container.image)
}
