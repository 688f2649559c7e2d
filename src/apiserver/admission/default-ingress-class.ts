import type { Ingress } from '../../api/networking/ingress.ts'
import { ingressClass } from '../../api/networking/ingressclass.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

const DEFAULT = 'ingressclass.kubernetes.io/is-default-class'
const LEGACY = 'kubernetes.io/ingress.class'

/** Gives ingresses without a class the default one, the newest if several claim to be (upstream plugin/network/defaultingressclass). */
export function defaultIngressClass(server: ApiServer): AdmissionPlugin {
  const classes = server.resources.of(ingressClass).cacher
  return {
    name: 'DefaultIngressClass',
    handles: ({ operation, kind }) => operation === 'CREATE' && kind.kind === 'Ingress',
    admit({ object }) {
      const ingress = object as Ingress
      if (ingress.spec.ingressClassName || ingress.metadata.annotations?.[LEGACY]) return
      const defaults = [...classes.values()]
        .map(e => e.object)
        .filter(c => c.metadata.annotations?.[DEFAULT] === 'true')
      const age = (c: (typeof defaults)[number]) => c.metadata.creationTimestamp ?? ''
      defaults.sort((a, b) =>
        age(b) < age(a) ? -1 : age(b) > age(a) ? 1 : a.metadata.name! < b.metadata.name! ? -1 : 1,
      )
      if (defaults[0]) ingress.spec.ingressClassName = defaults[0].metadata.name
    },
  }
}
