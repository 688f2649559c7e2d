export { type Ingress, ingress } from './ingress.ts'
export { type IngressClass, ingressClass } from './ingressclass.ts'
export { type NetworkPolicy, networkPolicy } from './networkpolicy.ts'
