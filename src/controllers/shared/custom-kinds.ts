import { clientKind } from '../../api/apiextensions/client-kind.ts'
import { type CustomResourceDefinition, customResourceDefinition } from '../../api/apiextensions/index.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import type { ChangeHandler } from '../../client/informer.ts'
import { WatchedKinds } from './watched-kinds.ts'

/** What controllers that look after objects of all kinds may do, custom resources included. */
export const ANY_KIND = { group: '*', plural: '*' } as Kind

/** The custom resources that are served now, as their definitions tell. */
export class CustomKinds extends WatchedKinds {
  constructor(context: ReconcileContext, changed: (kind: Kind) => ChangeHandler<KubeObject>) {
    super(context, changed)
    context.informer(customResourceDefinition).onChange((crd, previous) => this.#take(crd, previous))
  }

  #take(crd: CustomResourceDefinition | undefined, previous: CustomResourceDefinition | undefined): void {
    const name = (crd ?? previous)!.metadata.name!
    const [before] = this.of(name)
    const kind = crd && clientKind(crd)
    if (kind && before?.apiVersion === kind.apiVersion && crd.metadata.uid === previous?.metadata.uid) return
    this.replace(name, kind ? [kind] : [])
  }
}
