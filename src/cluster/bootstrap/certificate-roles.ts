import { READ, type RoleStatement, rule } from './role-statement.ts'

const GROUP = 'certificates.k8s.io'
const REQUESTS = 'certificatesigningrequests'

const asking = (which: string): RoleStatement => ({
  name: `system:${GROUP}:${REQUESTS}:${which}`,
  rules: [rule(['create'], GROUP, `${REQUESTS}/${which}`)],
})

const approving = (signer: string): RoleStatement => ({
  name: `system:${GROUP}:${signer}-approver`,
  rules: [{ ...rule(['approve'], GROUP, 'signers'), resourceNames: [`kubernetes.io/${signer}`] }],
})

/** Who may ask for which certificates and who may agree to them (upstream bootstrappolicy). */
export const certificateRoles: readonly RoleStatement[] = [
  asking('nodeclient'),
  asking('selfnodeclient'),
  approving('kube-apiserver-client'),
  approving('kube-apiserver-client-kubelet'),
  approving('kubelet-serving'),
  approving('legacy-unknown'),
  { name: 'system:node-bootstrapper', rules: [rule(['create', ...READ], GROUP, REQUESTS)] },
]
