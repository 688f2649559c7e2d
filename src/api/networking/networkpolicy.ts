import { formatLabelSelector } from '../../apimachinery/labels.ts'
import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, intOrString, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import {
  defaultPolicyTypes,
  validateIPBlock,
  validatePeer,
  validatePolicyPort,
  validatePolicyTypes,
} from './networkpolicy-rules.ts'

export const networkPolicyPort = message(
  'k8s.io.api.networking.v1.NetworkPolicyPort',
  {
    protocol: string(1).pointer().default('TCP').oneOf('TCP', 'UDP', 'SCTP').doc('TCP, UDP or SCTP.'),
    port: intOrString(2).pointer().doc('The port, by number or by name; all when not given.'),
    endPort: int32(3).pointer().doc('The last of a range that starts at port.'),
  },
  {
    doc: 'Ports that a rule is about.',
    validate(port, at) {
      validatePolicyPort(port, at)
    },
  },
)
export interface NetworkPolicyPort extends Infer<typeof networkPolicyPort> {}

export const ipBlock = message(
  'k8s.io.api.networking.v1.IPBlock',
  {
    cidr: string(1).present().doc('The range.'),
    except: list(2, types.string).atomic().doc('Ranges inside it that are left out.'),
  },
  {
    doc: 'A range of addresses, and what is left out of it.',
    validate(block, at) {
      validateIPBlock(block, at)
    },
  },
)
export interface IPBlock extends Infer<typeof ipBlock> {}

export const networkPolicyPeer = message(
  'k8s.io.api.networking.v1.NetworkPolicyPeer',
  {
    podSelector: ref(1, labelSelector).doc('Pods, by label.'),
    namespaceSelector: ref(2, labelSelector).doc('Namespaces, by label; with podSelector, pods in them.'),
    ipBlock: ref(3, ipBlock).doc('Addresses.'),
  },
  {
    doc: 'Whom a rule is about.',
    validate(peer, at) {
      validatePeer(peer, at)
    },
  },
)
export interface NetworkPolicyPeer extends Infer<typeof networkPolicyPeer> {}

export const networkPolicyIngressRule = message(
  'k8s.io.api.networking.v1.NetworkPolicyIngressRule',
  {
    ports: list(1, networkPolicyPort).atomic().doc('To which ports; all when not given.'),
    from: list(2, networkPolicyPeer).atomic().doc('From whom; anyone when not given.'),
  },
  {
    doc: 'Traffic that may come in.',
  },
)
export interface NetworkPolicyIngressRule extends Infer<typeof networkPolicyIngressRule> {}

export const networkPolicyEgressRule = message(
  'k8s.io.api.networking.v1.NetworkPolicyEgressRule',
  {
    ports: list(1, networkPolicyPort).atomic().doc('To which ports; all when not given.'),
    to: list(2, networkPolicyPeer).atomic().doc('To whom; anyone when not given.'),
  },
  {
    doc: 'Traffic that may go out.',
  },
)
export interface NetworkPolicyEgressRule extends Infer<typeof networkPolicyEgressRule> {}

export const networkPolicySpec = message(
  'k8s.io.api.networking.v1.NetworkPolicySpec',
  {
    podSelector: ref(1, labelSelector).always().doc('The pods; all of the namespace when empty.'),
    ingress: list(2, networkPolicyIngressRule).atomic().doc('What may come in; nothing when empty.'),
    egress: list(3, networkPolicyEgressRule).atomic().doc('What may go out; nothing when empty.'),
    policyTypes: list(4, types.string).atomic().doc('Which directions it is about: Ingress, Egress or both.'),
  },
  {
    doc: 'Which traffic pods may have.',
    defaults(spec) {
      defaultPolicyTypes(spec)
    },
    validate(spec, at) {
      validatePolicyTypes(spec.policyTypes ?? [], at.child('policyTypes'))
    },
  },
)
export interface NetworkPolicySpec extends Infer<typeof networkPolicySpec> {}

const fields = {
  spec: ref(2, networkPolicySpec).always().doc('Which traffic.'),
}
export interface NetworkPolicy extends ObjectOf<typeof fields> {}

const columns: readonly Column<NetworkPolicy>[] = [
  column('Pod-Selector', ({ spec }) => formatLabelSelector(spec.podSelector), 'The pods it is about.'),
  age,
]

export const networkPolicy = kind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  doc: 'Says which traffic pods may have.',
  fields,
  columns,
})
