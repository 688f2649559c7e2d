export { type Kubelet, startKubelet } from './kubelet.ts'
export type { KubeletOptions } from './options.ts'
