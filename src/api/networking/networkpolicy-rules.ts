import type { At } from '../../apimachinery/validation/at.ts'
import { cidrContains, isCIDR, parseCIDR } from '../../apimachinery/validation/ip.ts'
import { isPortNumber } from '../../apimachinery/validation/names.ts'
import { validatePort } from '../core/pod/probe-rules.ts'
import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort } from './networkpolicy.ts'

const TYPES = ['Egress', 'Ingress']

/** A policy is about ingress, and about egress too if it says anything of it. */
export function defaultPolicyTypes(spec: { policyTypes?: string[]; readonly egress?: unknown }): void {
  spec.policyTypes ??= spec.egress ? ['Ingress', 'Egress'] : ['Ingress']
}

export function validatePolicyTypes(types: readonly string[], at: At): void {
  if (types.length > TYPES.length) {
    at.invalid(types, 'may not specify more than two policyTypes')
    return
  }
  types.forEach((type, i) => {
    if (!TYPES.includes(type)) at.index(i).notSupported(type, TYPES)
  })
}

export function validatePolicyPort({ port, endPort }: NetworkPolicyPort, at: At): void {
  if (port !== undefined) validatePort(port, at.child('port'))
  if (endPort === undefined) return
  const place = at.child('endPort')
  if (port === undefined) place.invalid(endPort, 'may not be specified when `port` is not specified')
  else if (typeof port === 'string') place.invalid(endPort, 'may not be specified when `port` is non-numeric')
  else {
    if (endPort < port) place.invalid(endPort, 'must be greater than or equal to `port`')
    place.invalidEach(endPort, isPortNumber(endPort))
  }
}

export function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, at: At): void {
  if (!podSelector && !namespaceSelector && !ipBlock) at.required('must specify a peer')
  else if (ipBlock && (podSelector || namespaceSelector)) {
    at.forbidden('may not specify both ipBlock and another peer')
  }
}

export function validateIPBlock({ cidr, except = [] }: IPBlock, at: At): void {
  if (cidr === '') {
    at.child('cidr').required()
    return
  }
  const messages = isCIDR(cidr)
  at.child('cidr').invalidEach(cidr, messages)
  if (messages.length > 0) return
  const outer = parseCIDR(cidr)!
  except.forEach((range, i) => {
    const place = at.child('except').index(i)
    const problems = isCIDR(range)
    place.invalidEach(range, problems)
    const inner = parseCIDR(range)
    if (!inner || problems.length > 0) return
    if (!cidrContains(cidr, inner.address) || inner.prefix <= outer.prefix) {
      place.invalid(range, 'must be a strict subset of `cidr`')
    }
  })
}
